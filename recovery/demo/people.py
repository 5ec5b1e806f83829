"""Made-up customers and what the desk is told about them."""

from dataclasses import dataclass, field
from random import Random

from recovery.demo.files import columns
from recovery.demo.plan import Account

_FIRST = columns(
    "Amara,Anouk,Arda,Beatriz,Bjorn,Carla,Chen,Dalia,Daniel,Elif,Emeka,Fatima,Finn,"
    "Giulia,Hana,Hugo,Ines,Ivan,Jana,Jonas,Kaito,Karin,Lars,Leila,Linh,Luca,Mads,"
    "Maja,Marek,Mei,Milan,Nadia,Nils,Noor,Olga,Omar,Paula,Pedro,Priya,Rafael,Rania,"
    "Rosa,Samuel,Sara,Selin,Sofia,Tariq,Tomas,Vera,Wei,Yara,Yusuf,Zofia"
)
_LAST = columns(
    "Abara,Acar,Almeida,Andersen,Baumann,Bianchi,Botha,Chowdhury,Costa,Dang,Demir,"
    "Diallo,Dubois,Eriksen,Farkas,Ferrari,Garcia,Haddad,Hansen,Hoang,Ito,Jansen,"
    "Kaya,Keller,Kim,Kowalska,Kral,Larsen,Lefevre,Lindholm,Marques,Mensah,Meyer,"
    "Moreau,Nakamura,Nguyen,Novak,Okafor,Oliveira,Osei,Petrov,Popescu,Rahman,Ricci,"
    "Rossi,Sanchez,Schmid,Silva,Sorensen,Tanaka,Vargas,Weber,Yilmaz,Zhang"
)
_MAIL_DOMAINS = ("example.com", "example.org", "example.net")
_PLACES = (
    ("de", "DE"), ("de", "AT"), ("en", "IE"), ("en", "GB"), ("fr", "FR"),
    ("es", "ES"), ("it", "IT"), ("pt", "PT"), ("nl", "NL"), ("pl", "PL"),
    ("tr", "TR"), ("ar", "AE"), ("en", "SG"), ("ja", "JP"), ("sv", "SE"),
)  # fmt: skip
_CLASSES = ("retail",) * 8 + ("professional",) * 2 + ("institutional",)


@dataclass(frozen=True, slots=True)
class Person:
    """A customer as the platform has them on file."""

    uid: str
    full_name: str
    mail: str
    client_class: str
    language: str
    jurisdiction: str
    accounts: list[Account] = field(default_factory=list)


def people_of(rng: Random, accounts: list[Account]) -> list[Person]:
    """Give every account an owner; some own accounts on several venues.

    The accounts learn their owner's UID.
    """
    people: list[Person] = []
    shuffled = list(accounts)
    rng.shuffle(shuffled)
    for account in shuffled:
        person = people[-1] if people else None
        if person is None or rng.randint(1, 5) > 1 or _has(person, account.venue):
            person = _person(rng, len(people))
            people.append(person)
        person.accounts.append(account)
        account.customer_uid = person.uid
    return people


def _has(person: Person, venue: str) -> bool:
    return any(account.venue == venue for account in person.accounts)


def _person(rng: Random, place: int) -> Person:
    first, last = rng.choice(_FIRST), rng.choice(_LAST)
    language, jurisdiction = rng.choice(_PLACES)
    mailbox = f"{first}.{last}{place + 11}".lower()
    return Person(
        uid=f"U{480_000 + place * 13 + rng.randint(0, 12)}",
        full_name=f"{first} {last}",
        mail=f"{mailbox}@{rng.choice(_MAIL_DOMAINS)}",
        client_class=rng.choice(_CLASSES),
        language=language,
        jurisdiction=jurisdiction,
    )
