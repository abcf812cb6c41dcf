"""The embedded AWS account: moto in this process, put right where it differs, with the documents' systems deployed."""
