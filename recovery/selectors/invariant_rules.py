"""What must hold at every instant, as queries that give what breaks it (TRUST §3.3).

Each gives two texts a row: what is wrong, and why. None of them rests on the
constraints that should make it empty: it is for the day one of those is missing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invariant:
    """One promise.

    Attributes:
        name: As the fault model numbers it.
        title: The promise in a sentence.
        query: Gives what breaks it; empty while it holds.
    """

    name: str
    title: str
    query: str


_LEFT_THE_HOUSE = "('sent', 'posted', 'confirmed', 'uncertain')"
_LIVE = "NOT IN ('cancelled', 'replaced')"
_ROWS_OF_FILES = " UNION ALL ".join(
    f"SELECT source_file_id, count(*) AS n FROM {table} GROUP BY 1"  # noqa: S608
    for table in (
        "recovery_ledgerentry",
        "recovery_engineentry",
        "recovery_markpriceentry",
        "recovery_fundingrateentry",
    )
)
# How many of the newest receipts are digested again; all of them are verify_receipt's.
_RECEIPTS = 2_000

INVARIANTS: tuple[Invariant, ...] = (
    Invariant(
        "I1",
        "Every record of a file is accepted, duplicate, ignored or rejected, and what"
        " was accepted or rejected is there.",
        f"""
        SELECT 'source file ' || left(f.sha256, 12),
          format('%s records = %s + %s + %s + %s; %s rows, %s rejected are there',
            f.records, f.accepted, f.duplicate, f.ignored, f.rejected,
            coalesce(r.n, 0), coalesce(x.n, 0))
        FROM recovery_sourcefile f
        LEFT JOIN (SELECT source_file_id, sum(n) AS n FROM ({_ROWS_OF_FILES}) t
                   GROUP BY 1) r ON r.source_file_id = f.id
        LEFT JOIN (SELECT source_file_id, count(*) AS n FROM recovery_rejectedrecord
                   GROUP BY 1) x ON x.source_file_id = f.id
        WHERE f.records <> f.accepted + f.duplicate + f.ignored + f.rejected
          OR f.accepted <> coalesce(r.n, 0) OR f.rejected <> coalesce(x.n, 0)
        """,  # noqa: S608 - texts of this file only
    ),
    Invariant(
        "I2",
        "Assessments are numbered without a gap, the newest is the active one, and a"
        " receipt has the digest that was written down.",
        f"""
        SELECT 'event ' || e.reference,
          format('%s assessments, newest no. %s, active no. %s',
            count(*), max(a.number), max(a.number) FILTER
            (WHERE a.id = e.active_assessment_id))
        FROM recovery_event e JOIN recovery_assessment a ON a.event_id = e.id
        GROUP BY e.id HAVING count(*) <> max(a.number) OR max(a.number) IS DISTINCT FROM
          max(a.number) FILTER (WHERE a.id = e.active_assessment_id)
        UNION ALL
        SELECT 'assessment ' || n.id, 'its receipt has another digest'
        FROM (SELECT id, receipt, digest FROM recovery_assessment
              ORDER BY id DESC LIMIT {_RECEIPTS}) n
        WHERE n.digest <> encode(sha256(convert_to(n.receipt, 'UTF8')), 'hex')
        """,  # noqa: S608 - texts of this file only
    ),
    Invariant(
        "I3",
        "A payment leaves at most once, and arrives at most once.",
        """
        SELECT 'payment ' || p.reference,
          format('sent %s times, arrived %s times', count(*) FILTER (WHERE t.action = 'send'),
            count(*) FILTER (WHERE t.to_status IN ('posted', 'confirmed')))
        FROM recovery_payment p JOIN recovery_transition t ON t.payment_id = p.id
        GROUP BY p.id HAVING count(*) FILTER (WHERE t.action = 'send') > 1
          OR count(*) FILTER (WHERE t.to_status IN ('posted', 'confirmed')) > 1
        """,
    ),
    Invariant(
        "I4",
        "What is paid was approved, what was approved is owed, and nobody takes out"
        " more than was credited.",
        f"""
        SELECT 'decision of case ' || c.reference,
          format('%s %s owed, %s paid or on the way', d.amount, d.asset, sum(p.amount))
        FROM recovery_decision d JOIN recovery_recoverycase c ON c.id = d.case_id
        JOIN recovery_payment p ON p.decision_id = d.id AND p.kind = 'credit'
          AND p.status {_LIVE}
        GROUP BY d.id, c.reference
        HAVING sum(p.amount) > d.amount OR d.kind <> 'owed'
          OR bool_or(p.asset <> d.asset)
        UNION ALL
        SELECT 'event ' || e.reference,
          format('%s %s withdrawn or on the way, %s credited', w.taken, w.asset,
            w.credited)
        FROM (
          SELECT event_id, asset,
            coalesce(sum(amount) FILTER (WHERE kind = 'withdrawal'), 0) AS taken,
            coalesce(sum(amount) FILTER
              (WHERE kind = 'credit' AND status = 'posted'), 0) AS credited
          FROM recovery_payment WHERE status {_LIVE} GROUP BY 1, 2
        ) w JOIN recovery_event e ON e.id = w.event_id WHERE w.taken > w.credited
        """,  # noqa: S608 - texts of this file only
    ),
    Invariant(
        "I5",
        "Whatever is approved was approved by a second person, over the very content"
        " that stands there; whatever left was released by another one.",
        f"""
        SELECT 'payment ' || p.reference, 'no second person approved what stands there'
        FROM recovery_payment p
        WHERE p.status NOT IN ('proposed', 'cancelled') AND p.held_from <> 'proposed'
          AND p.approvals_needed > (
          SELECT count(DISTINCT a.approver_id) FROM recovery_approval a
          WHERE a.payment_id = p.id AND a.approver_id <> p.proposer_id
            AND a.content_digest = p.content_digest
            AND encode(sha256(convert_to(p.sealed, 'UTF8')), 'hex') = p.content_digest)
        UNION ALL
        SELECT 'decision of case ' || c.reference, 'no second person approved it'
        FROM recovery_decision d JOIN recovery_recoverycase c ON c.id = d.case_id
        WHERE d.status = 'approved' AND NOT EXISTS (
          SELECT FROM recovery_approval a WHERE a.decision_id = d.id
            AND a.approver_id <> d.proposer_id
            AND a.content_digest = d.content_digest
            AND encode(sha256(convert_to(d.sealed, 'UTF8')), 'hex') = d.content_digest)
        UNION ALL
        SELECT 'payment ' || p.reference, 'left without a release by another person'
        FROM recovery_payment p LEFT JOIN recovery_payoutbatch b ON b.id = p.batch_id
        WHERE p.status IN {_LEFT_THE_HOUSE}
          AND (b.released_by_id IS NULL
               OR b.released_by_id IN (b.built_by_id, p.proposer_id))
        """,  # noqa: S608 - texts of this file only
    ),
    Invariant(
        "I6",
        "A batch says of itself what its lines add up to.",
        """
        SELECT 'batch ' || b.reference,
          format('%s lines, %s; its payments: %s, %s', b.lines, b.totals,
            coalesce(l.n, 0), l.totals)
        FROM recovery_payoutbatch b LEFT JOIN (
          SELECT batch_id, sum(n) AS n, jsonb_object_agg(asset, total) AS totals FROM (
            SELECT p.batch_id, coalesce(c.to_asset, p.asset) AS asset, count(*) AS n,
              trim_scale(sum(coalesce(c.to_amount, p.sent_amount)))::text AS total
            FROM recovery_payment p LEFT JOIN recovery_conversion c
              ON c.id = p.conversion_id
            WHERE p.batch_id IS NOT NULL GROUP BY 1, 2) s
          GROUP BY 1) l ON l.batch_id = b.id
        WHERE b.lines <> coalesce(l.n, 0) OR b.totals IS DISTINCT FROM coalesce(l.totals, '{}')
        """,
    ),
    Invariant(
        "I7",
        "Every audit entry is sealed, the chain has no gap, and every step of a case"
        " or payment stands in it once.",
        """
        SELECT 'audit entry ' || e.id, 'it was never sealed'
        FROM recovery_auditentry e
        LEFT JOIN recovery_auditseal s ON s.entry_id = e.id WHERE s.entry_id IS NULL
        UNION ALL
        SELECT 'audit', format('%s links, the last at %s', count(*), max(position))
        FROM recovery_auditseal HAVING count(*) <> max(position)
        UNION ALL
        SELECT t.action, format('%s steps, %s audit entries', t.n, count(e.id))
        FROM (SELECT CASE WHEN payment_id IS NOT NULL THEN 'payment.'
                WHEN collection_id IS NOT NULL THEN 'collection.' ELSE 'case.' END
                || action AS action, count(*) AS n
              FROM recovery_transition GROUP BY 1) t
        LEFT JOIN recovery_auditentry e ON e.action = t.action
        GROUP BY t.action, t.n HAVING t.n <> count(e.id)
        """,
    ),
    Invariant(
        "I8",
        "Every status was reached by steps that follow on each other.",
        """
        WITH steps AS (
          SELECT case_id, payment_id, collection_id, id, from_status, to_status,
            lag(to_status) OVER w AS before, lead(id) OVER w IS NULL AS is_last
          FROM recovery_transition
          WINDOW w AS (PARTITION BY case_id, payment_id, collection_id ORDER BY id)
        )
        SELECT 'case ' || c.reference,
          format('step %s from %s after %s', s.id, s.from_status, s.before)
        FROM steps s JOIN recovery_recoverycase c ON c.id = s.case_id
        WHERE s.before <> s.from_status
        UNION ALL
        SELECT 'case ' || c.reference,
          format('is %s, its last step led to %s', c.status, s.to_status)
        FROM recovery_recoverycase c LEFT JOIN steps s
          ON s.case_id = c.id AND s.payment_id IS NULL
            AND s.collection_id IS NULL AND s.is_last
        WHERE c.status <> coalesce(s.to_status, 'new')
        UNION ALL
        SELECT 'payment ' || p.reference,
          format('is %s, its last step led to %s', p.status, s.to_status)
        FROM recovery_payment p LEFT JOIN steps s
          ON s.payment_id = p.id AND s.is_last
        WHERE p.status <> coalesce(s.to_status, 'proposed')
        """,
    ),
    Invariant(
        "I9",
        "A mail that was begun ends; none waits in the middle.",
        """
        SELECT 'mail ' || id, 'has been leaving for more than an hour'
        FROM recovery_outboxmessage
        WHERE state = 'sending' AND sent_at < statement_timestamp() - interval '1 hour'
        """,
    ),
    Invariant(
        "I11",
        "Work that is not done has a job, and no job is held by a dead worker.",
        """
        SELECT 'job ' || id, 'its lease has been over for more than an hour'
        FROM recovery_job WHERE state = 'running'
          AND (lease_until IS NULL
               OR lease_until < statement_timestamp() - interval '1 hour')
        UNION ALL
        SELECT 'source file ' || left(f.sha256, 12), 'waits, and no job will read it'
        FROM recovery_sourcefile f LEFT JOIN recovery_job j ON j.id = f.job_id
        WHERE f.state IN ('stored', 'loading') AND coalesce(j.state, 'done') = 'done'
        UNION ALL
        SELECT 'workbook ' || w.id, 'is being prepared, and no job does it'
        FROM recovery_workbook w LEFT JOIN recovery_job j ON j.id = w.job_id
        WHERE w.state = 'preparing' AND coalesce(j.state, 'done') = 'done'
        """,
    ),
    Invariant(
        "I13",
        "Goodwill stays within the budget of its month, has a reason, and pays nothing"
        " that is owed.",
        f"""
        SELECT 'goodwill of ' || to_char(g.month, 'YYYY-MM'),
          format('%s %s given, the month holds %s', g.given, g.currency, g.held)
        FROM (
          SELECT date_trunc('month', p.proposed_at AT TIME ZONE 'UTC') AS month,
            p.value_currency AS currency, sum(p.value_amount) AS given,
            max(b.month_amount) AS held
          FROM recovery_payment p
          LEFT JOIN recovery_goodwillbudget b ON b.id = p.goodwill_budget_id
          WHERE p.kind = 'goodwill' AND p.status {_LIVE} GROUP BY 1, 2
        ) g WHERE g.held IS NULL OR g.given > g.held
        UNION ALL
        SELECT 'payment ' || p.reference, 'is goodwill without budget or reason'
        FROM recovery_payment p
        WHERE (p.kind = 'goodwill') <> (p.goodwill_reason_id IS NOT NULL)
          OR (p.kind = 'goodwill') <> (p.goodwill_budget_id IS NOT NULL)
        """,  # noqa: S608 - texts of this file only
    ),
    Invariant(
        "I14",
        "What leaves and the customer's fee are what was approved; the fee is that of"
        " the sealed rule; a bank is paid what the conversion says.",
        """
        SELECT 'payment ' || p.reference,
          format('%s approved, %s sent, %s fee, %s fee of the house', p.amount,
            p.sent_amount, p.fee_amount, p.house_fee_amount)
        FROM recovery_payment p
        LEFT JOIN recovery_networkfeerule r ON r.id = p.network_fee_rule_id
        WHERE p.sent_amount + p.fee_amount <> p.amount OR p.sent_amount <= 0
          OR p.fee_amount + p.house_fee_amount <> coalesce(r.fee_amount, 0)
        UNION ALL
        SELECT 'payment ' || p.reference,
          format('%s %s at %s are not %s %s', c.from_amount, c.from_asset, c.rate,
            c.to_amount, c.to_asset)
        FROM recovery_payment p JOIN recovery_conversion c ON c.id = p.conversion_id
        JOIN accounts_destination d ON d.id = p.destination_id
        WHERE c.from_amount <> p.sent_amount OR d.asset <> c.to_asset
          OR c.to_amount > c.from_amount * c.rate
          OR c.to_amount + c.step <= c.from_amount * c.rate
        """,
    ),
    Invariant(
        "I15",
        "What is set off stays within what is owed on both sides, by a policy, with a"
        " second person.",
        f"""
        SELECT 'decision of case ' || c.reference,
          format('%s owed, %s set off, %s credited or on the way', d.amount, s.amount,
            coalesce(p.amount, 0))
        FROM (SELECT decision_id, sum(amount) AS amount FROM recovery_setoff
              WHERE status IN ('proposed', 'approved') GROUP BY 1) s
        JOIN recovery_decision d ON d.id = s.decision_id
        JOIN recovery_recoverycase c ON c.id = d.case_id
        LEFT JOIN (SELECT decision_id, sum(amount) AS amount FROM recovery_payment
              WHERE kind = 'credit' AND status {_LIVE} GROUP BY 1) p
          ON p.decision_id = d.id
        WHERE s.amount + coalesce(p.amount, 0) > d.amount OR d.status <> 'approved'
        UNION ALL
        SELECT 'deficit ' || k.reference, 'more is set off than the customer bears'
        FROM recovery_collection k
        WHERE EXISTS (SELECT FROM recovery_setoff s WHERE s.collection_id = k.id)
          AND desk_collection_left(k.id, NULL) < 0
        UNION ALL
        SELECT 'set-off ' || s.reference, 'no second person approved what stands there'
        FROM recovery_setoff s WHERE s.status IN ('approved', 'reversed')
          AND (s.approver_id IS NULL OR s.approver_id = s.proposer_id OR
               s.content_digest <> encode(sha256(convert_to(s.sealed, 'UTF8')), 'hex'))
        """,  # noqa: S608 - texts of this file only
    ),
)
