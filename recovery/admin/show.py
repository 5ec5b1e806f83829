"""How amounts, signs, times and states look on the desk: one form each."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from accounts.addresses.checks import address_groups
from recovery.domain.ledger import ZERO
from recovery.domain.money import format_amount

_MINUS = "\u2212"
_TONES = {
    "good": {
        "owed",
        "approved",
        "posted",
        "confirmed",
        "loaded",
        "done",
        "ready",
        "resolved",
    },
    "wait": {
        "new",
        "proposed",
        "awaiting_customer",
        "held",
        "in_batch",
        "sent",
        "stored",
        "loading",
        "due",
        "running",
        "preparing",
    },
    "bad": {"uncertain", "returned", "refused", "quarantined", "failed", "deficit"},
    "calm": {"closed", "withdrawn", "cancelled", "voided", "explained", "not_owed"},
}
_TONE_OF = {word: tone for tone, words in _TONES.items() for word in words}


def plain_amount(amount: Decimal) -> str:
    """Digits in groups of three, two decimals at least, a true minus sign."""
    whole, _, rest = format_amount(abs(amount)).partition(".")
    sign = _MINUS if amount < ZERO else ""
    return f"{sign}{int(whole):,}.{rest.ljust(2, '0')}"


def amount_text(amount: Decimal | None, asset: str = "") -> str:
    """An amount with its asset; a dash when there is none."""
    if amount is None:
        return "—"
    return f"{plain_amount(amount)} {asset}".strip()


def amount_cell(amount: Decimal | None, asset: str = "", word: str = "") -> SafeString:
    """An amount for a column: aligned figures, its asset, a word for its sign."""
    if amount is None:
        return format_html('<span class="dk-amount">{}</span>', "—")
    return format_html(
        '<span class="dk-amount">{}{}{}</span>',
        plain_amount(amount),
        format_html(" <small>{}</small>", asset) if asset else "",
        format_html(' <small class="dk-word">{}</small>', word) if word else "",
    )


def variance_word(variance: Decimal) -> str:
    """Short, over or ties: the word for a variance's sign."""
    if variance == ZERO:
        return "ties"
    return "short" if variance < ZERO else "over"


def variance_text(variance: Decimal, asset: str) -> str:
    """A variance in words: "short 3.10 USDT"."""
    if variance == ZERO:
        return f"ties ({asset})"
    return f"{variance_word(variance)} {amount_text(abs(variance), asset)}"


def flow_word(amount: Decimal) -> str:
    """In or out, seen from the customer's account."""
    if amount == ZERO:
        return "nil"
    return "in" if amount > ZERO else "out"


def words(value: str) -> str:
    """A stored word as people read it: not_owed becomes "Not owed"."""
    text = str(value).replace("_", " ").strip()
    return text[:1].upper() + (text[1:].lower() if text.isupper() else text[1:])


def sentence_case(text: str) -> str:
    """The first letter large, the others as they are."""
    return text[:1].upper() + text[1:]


def counted(count: int, thing: str) -> str:
    """So many of a thing: "1 line", "1,200 lines"."""
    return f"{count:,} {thing}" if count == 1 else f"{count:,} {thing}s"


def breakable(text: str) -> SafeString:
    """A long name that may break anywhere, so that a column stays narrow."""
    return format_html('<span class="dk-breakable">{}</span>', text)


def badge(value: str, tone: str = "") -> SafeString:
    """A state as a small label; the word carries the meaning, the colour helps."""
    tone = tone or _TONE_OF.get(str(value), "calm")
    return format_html(
        '<span class="dk-badge dk-{}">{}</span>', tone, words(value) or "—"
    )


def moment(at: datetime | None) -> str:
    """A time as the desk writes it."""
    if at is None:
        return "—"
    return f"{at.astimezone(timezone.get_default_timezone()):%Y-%m-%d %H:%M:%S} UTC"


def moment_cell(at: datetime | None) -> SafeString:
    """A time that does not wrap inside a column."""
    return format_html('<span class="dk-time">{}</span>', moment(at))


def span_text(length: timedelta) -> str:
    """A length of time in the one unit that matters."""
    seconds = int(abs(length.total_seconds()))
    for size, one, many in (
        (86_400, "day", "days"),
        (3_600, "h", "h"),
        (60, "min", "min"),
    ):
        if seconds >= size:
            count = seconds // size
            return f"{count} {one if count == 1 else many}"
    return f"{seconds} s"


def due_text(at: datetime, now: datetime) -> str:
    """How long until an hour strikes: "in 3 days" or "2 h overdue"."""
    if at <= now:
        return f"{span_text(now - at)} overdue"
    return f"in {span_text(at - now)}"


def due_cell(at: datetime, now: datetime) -> SafeString:
    """A due time with the exact moment behind it."""
    left = at - now
    tone = "bad" if left <= timedelta(0) else "wait" if left.days < 1 else "calm"
    return format_html(
        '<time class="dk-badge dk-{}" title="{}">{}</time>',
        tone,
        moment(at),
        due_text(at, now),
    )


def masked_mail(mail: str) -> str:
    """A mail address that can be recognised but not read."""
    name, at, host = mail.partition("@")
    return f"{name[:1]}•••{at}{host}" if at else "—"


def read_aloud(network: str, address: str, memo: str) -> SafeString:
    """A destination as people compare it: its network, the address in groups of four."""
    groups = format_html_join(" ", "<span>{}</span>", zip(address_groups(address)))
    told = format_html(' <small class="dk-word">memo {}</small>', memo) if memo else ""
    return format_html(
        '<span class="dk-groups"><strong>{}</strong> {}{}</span>', network, groups, told
    )


def two_lines(first: str, second: str) -> SafeString:
    """A value with a smaller one under it."""
    return format_html('<span class="dk-two">{}<small>{}</small></span>', first, second)


def nowrap(text: str) -> SafeString:
    """A value that stays on one line."""
    return format_html('<span class="dk-nowrap">{}</span>', text)


def link(url: str, text: str) -> SafeString:
    """A link."""
    return format_html('<a class="dk-link" href="{}">{}</a>', url, text)
