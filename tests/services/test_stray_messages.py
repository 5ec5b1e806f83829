"""Messages no worker can do: counted by name and hour, told once, never believed."""

from recovery.domain.staff_news import StaffNews
from recovery.domain.work import StrayReason
from recovery.models import StaffNotice, StrayMessage
from recovery.selectors.operations import operations_figures
from recovery.services.clock import database_now
from recovery.services.stray_messages import NAMES_AN_HOUR, stray_message_note
from recovery.tasks import heartbeat, run_job

UNKNOWN, BAD = StrayReason.UNKNOWN_TASK, StrayReason.BAD_ARGUMENTS


def test_many_of_one_name_are_counted_and_told_once(db: None) -> None:
    for _ in range(7):
        stray_message_note("recovery.no_such_task", UNKNOWN)

    assert StrayMessage.objects.get().count == 7
    notice = StaffNotice.objects.get()
    assert notice.news == StaffNews.MESSAGE_STRAY
    assert notice.about == "recovery.no_such_task (unknown task)"


def test_invented_names_fill_no_table_and_no_mailbox(db: None) -> None:
    for number in range(NAMES_AN_HOUR + 50):
        stray_message_note(f"name-{number}", UNKNOWN)

    assert StrayMessage.objects.count() == NAMES_AN_HOUR + 1
    assert StrayMessage.objects.get(name="others").count == 50
    assert StaffNotice.objects.count() == NAMES_AN_HOUR + 1


def test_what_a_message_calls_itself_is_not_believed(db: None) -> None:
    stray_message_note("<script>alert('x')</script>\r\nBcc: eve@example.org", UNKNOWN)
    stray_message_note("x" * 1_000, UNKNOWN)
    stray_message_note("", UNKNOWN)

    names = set(StrayMessage.objects.values_list("name", flat=True))
    assert names == {
        "_script_alert__x____script___Bcc:_eve_example.org",
        "x" * 60,
        "nameless",
    }


def test_a_bell_that_names_no_job_is_counted(db: None) -> None:
    run_job("1")
    run_job(1, job=2)
    heartbeat("no-such-queue")

    counts = dict(StrayMessage.objects.values_list("name", "count"))
    assert counts == {"recovery.run_job": 2, "recovery.heartbeat": 1}


def test_the_figures_count_them_for_a_day(db: None) -> None:
    stray_message_note("recovery.no_such_task", UNKNOWN)
    stray_message_note("recovery.run_job", BAD)
    stray_message_note("recovery.run_job", BAD)

    samples = operations_figures(database_now())["desk_stray_messages"]
    figures = {sample.labels["reason"]: sample.value for sample in samples}
    assert figures == {"unknown_task": 1, "bad_arguments": 2, "unreadable": 0}
