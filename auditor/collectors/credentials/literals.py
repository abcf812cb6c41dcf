"""Whether a value under a credential's name is one: references, placeholders, paths and identifiers are not. Pure."""

from __future__ import annotations

import re

from auditor.collectors.credentials import vocabulary
from auditor.collectors.credentials.names import Kind, is_application_secret, kind, words

_DEFAULT = re.compile(r"\$\{\w{1,128}+:?[-=]([^{}]*+)\}")
"""The shell's `${NAME:-value}`: the value stands there in plain text."""
_INTERPOLATED = re.compile(r"\$\{|\$\(|\{\{|\}\}|#\{|<%|%\(|\{cipher\}|\$\[")
_REFERENCE = re.compile(
    r"""
      [!@&*]? \$ (?: [A-Za-z_][\w:$./-]*+ | [0-9@*#?!$] )   # $VAR, $env:VAR, $1, $VAR/$OTHER
    | % [\w-]++ % | % \w | %%                          # %VAR%, %s
    | __ .*+ __ (?<=__) | @@? [\w.-]++ @@?             # __TOKEN__, @token@
    | \{ [\w.-]*+ \}                                   # {password}
    | < [^<>]*+ >? | \[ [^\[\]]*+ \]                   # <your password>, [password]
    | \(+ .*+                                          # (sensitive value), (known after apply)
    | ` .*+                                            # `command`
    """,
    re.VERBOSE | re.DOTALL,
)
_ELSEWHERE = re.compile(
    r"""
      arn:aws | alias/ | mrk- | rds! | sha(?:1|256|384|512): | md5:
    | ! (?: Ref | GetAtt | Sub | ImportValue | Join ) \b | Fn:: | resolve:
    | (?: ssm | ssm-secure | secretsmanager | vault | op | file | env | s3 | gs | azurekeyvault | keyvault | awssm | kms
        | sops | ref\+\w+ | aws-secretsmanager | secretref | valuefrom | \$ANSIBLE_VAULT ) (?: : | :// )
    | ENC \[ | ENC \( | AQICAH | AQECAH | enc: | \{vault\} | vault:v\d+:     # encrypted: not in plain text
    | ssh-(?:rsa|ed25519|dss)\ | ecdsa-sha2- | -----BEGIN\ (?:PUBLIC|CERTIFICATE|RSA\ PUBLIC|TRUSTED)
    | [A-Za-z][A-Za-z0-9+.-]{1,31}+://
    """,
    re.VERBOSE,
)
_PATH = re.compile(r"(?:~|\.{1,2}|[A-Za-z]:)?[/\\][\w.@:+,= ~-]*+(?:[/\\][\w.@:+,= ~-]++)*+[/\\]?")
_PLACEHOLDER_START = re.compile(
    r"(?:your|enter|insert|replace|put|set|paste|add|fill|example|placeholder|dummy)[-_ ]|<|see |stored |managed |from "
    r"|use |get |retrieved |loaded |provided |fetched |injected |read |todo\b|tbd\b|redacted\b",
    re.IGNORECASE,
)
_PLACEHOLDER_END = re.compile(r"[-_. ](?:here|placeholder)\W{0,3}\Z", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[\d.,_ ]++(?:[eE][-+]?\d++)?(?:[smhdwy]|ms|min|mins|hours?|days?|[kKMGT]i?B?|%)?")
_EMAIL = re.compile(r"[\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+)++")
_HOST = re.compile(r"[\w-]{1,63}+(?:\.[\w-]{1,63}+)*+\.(?:com|net|org|io|local|internal|dev|cloud)(?::\d++)?")
_USER_AND_PASSWORD = re.compile(r"[\w.@%+-]{1,128}+:([^\s:/]{3,256}+)")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_SEPARATORS = re.compile(r"[-_./:!]++")
_SHORTEST_PASSWORD = 3
_SHORTEST_NUMBER = 4
_SHORTEST_SECRET = 6
_SHORTEST_WORD = 8
_OPAQUE = 16
_LONGEST_PART = 4
_MOST_DIGITS = 2


def literal(name_kind: Kind, name: str, value: str) -> str | None:
    """The credential in a value that stands under a name of this kind, or None where the value is none."""
    value = value.strip().strip("\"'").strip()
    if default := _DEFAULT.fullmatch(value):
        value = default[1].strip("\"'")
    if len(value) < _SHORTEST_PASSWORD or is_reference(value):
        return None
    if name_kind is Kind.PASSWORD:
        return value if not _NUMBER.fullmatch(value) or _is_pin(value) else None
    if name_kind is Kind.CREDENTIALS and (both := _USER_AND_PASSWORD.fullmatch(value)):
        return both[1] if not _is_address(both[1]) and not is_reference(both[1]) else None
    if name_kind in {Kind.CREDENTIALS, Kind.CONNECTION}:
        return value if is_opaque(value) and "=" not in value.rstrip("=") else None
    return value if _opens(name_kind, name, value) else None


def _opens(name_kind: Kind, name: str, value: str) -> bool:
    """Whether a value is a secret, token or key rather than a word, a number or a name of one."""
    if len(value) < _SHORTEST_SECRET or value.lower() in vocabulary.WORDS_FOR_KEYS:
        return False
    if _is_address(value) or (name_kind is Kind.TOKEN and " " in value):
        return False
    said = words(name)
    if _UUID.fullmatch(value) and not {"encryption", "encrypt", "data", "master", "storage"}.isdisjoint(said):
        return False  # the id of a KMS key
    if name_kind is Kind.SECRET and is_readable(value) and not is_application_secret(name):
        return False  # the name of a secret
    if value.isalpha() and value.islower():
        return name_kind is Kind.SECRET or len(value) >= _SHORTEST_WORD
    return True


def is_reference(value: str) -> bool:
    """Whether a value only says where the credential is, or that it is left out."""
    return _is_left_out(value) or bool(
        _INTERPOLATED.search(value)
        or _REFERENCE.fullmatch(value)
        or _ELSEWHERE.match(value)
        or (value[0] in "{[" and value[-1] in "}]")
        or (_PATH.fullmatch(value) and not _is_random(value))
        or ("/" in value and is_readable(value))
    )


def _is_left_out(value: str) -> bool:
    lower = value.lower()
    return (
        lower in vocabulary.PLACEHOLDERS
        or value in vocabulary.TEMPLATES
        or len(set(lower)) <= 1
        or not any(c.isalnum() for c in value)
        or any(mark in value for mark in ("****", "xxxx", "XXXX", "EXAMPLE"))
        or bool((_PLACEHOLDER_START.match(value) and "change" not in lower) or _PLACEHOLDER_END.search(value))
    )


def is_readable(value: str) -> bool:
    """Whether a value is words joined by separators, as names of things are: `prod/app/database`, `db-secret`."""
    parts = [part for part in _SEPARATORS.split(value) if part]
    return len(parts) > 1 and all((len(part) <= _LONGEST_PART and part.isalnum()) or _is_word(part) for part in parts)


def _is_word(part: str) -> bool:
    """Letters as words have them, `ProdDatabase` too, with a digit or two at the end."""
    letters = part.rstrip("0123456789")
    if not letters.isalpha() or len(part) - len(letters) > _MOST_DIGITS:
        return False
    return letters.islower() or letters.isupper() or letters.istitle() or len(words(letters)) < len(letters) / 3


def is_opaque(value: str) -> bool:
    """Whether a value looks like nothing but a credential: long, letters with digits, no words, no address."""
    return (
        len(value) >= _OPAQUE
        and " " not in value
        and any(c.isdigit() for c in value)
        and any(c.isalpha() for c in value)
        and not is_readable(value)
        and not _is_address(value)
    )


def names_a_variable(value: str) -> bool:
    """Whether an unquoted value in a script is a variable or member that holds the credential: `db_password`."""
    value = value.rstrip(",;)")
    if not re.fullmatch(r"[A-Za-z_][\w.]*+", value) or any(c.isdigit() for c in value):
        return False
    is_joined = "_" in value or not (value.islower() or value.isupper() or value.istitle())
    return "." in value.strip(".") or (is_joined and kind(value) is not None)


def _is_pin(value: str) -> bool:
    return value.isdigit() and len(value) >= _SHORTEST_NUMBER


def _is_address(value: str) -> bool:
    return bool(_NUMBER.fullmatch(value) or _EMAIL.fullmatch(value) or _HOST.fullmatch(value))


def _is_random(value: str) -> bool:
    longest = max(re.split(r"[/\\]", value), key=len)
    tests = (str.isupper, str.islower, str.isdigit)
    return len(longest) >= _OPAQUE and all(any(test(c) for c in longest) for test in tests)
