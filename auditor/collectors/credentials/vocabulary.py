"""The words by which credentials, and what only looks like them, are told apart."""

from __future__ import annotations


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


PASSWORDS = _set(
    "password passwords passwd passwort kennwort pwd pass pw passphrase passcode contrasena senha wachtwoord parola"
)
KEYS = _set(
    """
    access account admin aes api app application auth authentication authorization client cookie crypto data db
    decryption deploy deployment encrypt encryption fernet function hmac host ingest ingestion integration jwt
    licence license master private root rsa sas secret security server service session shared signature signing ssh
    ssl storage subscription tls webhook write
    """
)
"""What stands before `key` where the key is one that opens something; not primary, partition, public, object …"""
JOINED = {
    "secretaccesskey": ("secret", "access", "key"),
    "sharedaccesskey": ("shared", "access", "key"),
    "connectionstring": ("connection", "string"),
    "encryptionkey": ("encryption", "key"),
    "clientsecret": ("client", "secret"),
    "accesstoken": ("access", "token"),
    "credentials": ("credentials",),
    "accountkey": ("account", "key"),
    "licensekey": ("license", "key"),
    "requirepass": ("redis", "pass"),
    "passphrase": ("passphrase",),
    "privatekey": ("private", "key"),
    "signingkey": ("signing", "key"),
    "accesskey": ("access", "key"),
    "authtoken": ("auth", "token"),
    "masterkey": ("master", "key"),
    "secretkey": ("secret", "key"),
    "password": ("password",),
    "passwort": ("passwort",),
    "authkey": ("auth", "key"),
    "connstr": ("connection", "string"),
    "passwd": ("passwd",),
    "apikey": ("api", "key"),
    "bindpw": ("bind", "pw"),
    "rootpw": ("root", "pw"),
    "secret": ("secret",),
    "token": ("token",),
    "creds": ("creds",),
    "pass": ("pass",),
    "pwd": ("pwd",),
}
"""Words that people write in one: `DBPASSWORD`, `apikey`. Longest first."""
NO_COMPOUND = _set(
    "bypass compass encompass trespass surpass underpass overpass chpasswd mkpasswd htpasswd kpasswd smbpasswd"
)
ABOUT = _set(
    """
    acl age alg algo algorithm alias allowed arn arns attempts attribute audience authentication backend bits bucket
    ca cache callback cert certificate changed chars charset class column command complexity config configuration
    cookie count create created date days description digest dir directory disabled duration enabled encoding
    encrypted encryption endpoint engine env exists expiration expire expired expires expiresin expiry factory field
    file filename format generator group hash hasher hashers hashing header hint history host hours id identifier
    ids index interval issuer key keys label last len length lifetime limit link list location login lookup manager
    map material max method min minimum minutes mode model ms name names namespace numbers option options origin
    param parameter params path pattern period policy port prefix prompt property provider query ref reference regex
    regexp region required requirements reset retries role rotate rotated rotation rule rules salt schema scope
    scopes sec seconds secs server service set setting settings size source spec state status stdin store strategy
    strength suffix symbols table template time timeout title ttl type types uri url urls usage user username
    validation validator validity vault version visible window
    """
)
"""Words after a credential's that make the name one of something about it."""
NOT_BEFORE = _set(
    """
    allow ask by continuation count disable enable first force forgot generate get has is lock max min multi next no
    non num number page pagination prompt public require required requires second show single skip total use using
    validate verify with without
    """
)
"""Words right before a credential's that make it something else: `NEXT_TOKEN`, `NO_PASSWORD`, `PROXY_PASS`."""
NOT_BEFORE_TOKEN = _set(
    "action backward change client creation forward idempotency purchase request sequence update upload"
)
"""Words right before `token` in AWS's own API: those are for paging and for asking once."""
APPLICATION_SECRETS = _set(
    """
    access api app application auth client consumer cookie csrf django encryption flask hmac jwt key master nextauth
    oauth rails session shared signing token webhook
    """
)
"""Words of names whose "secret" is one itself, and not perhaps the name of one in Secrets Manager."""
GENERIC = _set(
    "value current previous default latest prod production staging dev development test qa primary secondary main"
)
"""Last segments of a parameter's name that say nothing: what stands before them counts."""
KEPT_IN = _set("passwords secrets secret tokens credentials creds apikeys")
"""Segments of a parameter's name under which credentials are kept."""
HARMLESS = ABOUT | _set("ami database dbname domain email engine image vpc zone")
DENIED = _set("no not non never without")

PLACEHOLDERS = _set(
    """
    active ask auto blank bool boolean censored default disabled dummy empty enabled encrypted environment example
    false fixme generated hidden inactive inherit masked n/a na nil no no-secret noecho none nopassword not-set
    not_set notset null off on optional password_here placeholder preprod prod production prompt r random redacted
    removed replace-me replace_me replaceme required sample sandbox secret_here secure-string securestring sensitive
    stage staging stg str string tba tbd todo true uat undefined unknown unset unused void xxx yes
    """
)
"""What is written where there is no value."""
WORDS_FOR_KEYS = _set(
    """
    accesskey anonymous api-key apikey authorization base64 basic bearer client cluster cookie custom demo dev
    development global header iam-role instance-profile jwt kms local oauth oauth2 opaque password plaintext private
    public secret secretsmanager service-account serviceaccount session ssm string test testing token username value
    vault
    """
)
"""Words that stand under a key's or token's name and are none."""
TEMPLATES = _set("PASSWORD PASS PWD SECRET TOKEN KEY MY_PASSWORD API_KEY")
"""What documentation writes for a value: `postgres://USER:PASSWORD@HOST`."""
AWS = _set("aws s iam ses sqs sns dynamo dynamodb secret key access")
"""Words of names under which forty characters of base64 are an AWS secret access key."""
