"""The queries behind the workbook. Every one answers for one instant, `as_of`.

Assessments, results and transitions are written once, so that what stood at an
earlier instant can be told. A break row changes; where it changed later than `as_of`,
its state then follows from the result that was in force.
"""

# Rounded amounts are rounded one by one, half away from zero, as the sheets do it.
RESULTS = """
SELECT e.reference, e.source_reference, a.venue, a.number AS account,
       e.instrument, e.kind, e.started_at, e.ended_at,
       e.position_before, e.position_after,
       coalesce(r.asset, e.asset) AS asset,
       lines.opening, lines.realised, lines.trading_fee, lines.liquidation_fee,
       lines.funding, lines.fund_movement, lines.other,
       r.residual_amount, r.deficit_amount, r.received_amount, r.variance_amount,
       coalesce(r.reason, '') AS reason, r.parts,
       CASE WHEN r.id IS NULL THEN 'not assessed'
            WHEN b.changed_at <= %(as_of)s THEN b.state
            WHEN r.reason = ANY(%(explained)s) THEN 'explained'
            WHEN r.reason <> '' THEN 'open'
            WHEN b.id IS NOT NULL THEN 'resolved'
            ELSE 'none' END AS break_state,
       b.opened_at AS break_opened_at,
       x.number AS assessment_number, x.verified_share, x.digest,
       coalesce(c.reference, '') AS case_reference
  FROM recovery_event e
  JOIN accounts_tradingaccount a ON a.id = e.account_id
  LEFT JOIN LATERAL (
       SELECT s.id, s.number, s.verified_share, s.digest, s.computed_at
         FROM recovery_assessment s
        WHERE s.event_id = e.id AND s.computed_at <= %(as_of)s
        ORDER BY s.number DESC LIMIT 1) x ON true
  LEFT JOIN recovery_assessmentresult r ON r.assessment_id = x.id
  LEFT JOIN LATERAL (
       SELECT sum(l.expected) FILTER (WHERE l.label = 'opening_balance') AS opening,
              sum(l.expected) FILTER (WHERE l.label = 'realised_pnl') AS realised,
              sum(l.expected) FILTER (WHERE l.label = 'trading_fee') AS trading_fee,
              sum(l.expected) FILTER (WHERE l.label = 'liquidation_fee')
                  AS liquidation_fee,
              sum(l.expected) FILTER (WHERE l.label = 'funding') AS funding,
              sum(l.expected) FILTER (WHERE l.label IN
                  ('takeover', 'surplus_taken', 'cover_received')) AS fund_movement,
              sum(l.expected) FILTER (WHERE l.label NOT IN
                  ('opening_balance', 'realised_pnl', 'trading_fee',
                   'liquidation_fee', 'funding', 'takeover', 'surplus_taken',
                   'cover_received', 'closing_balance')) AS other
         FROM recovery_assessmentline l
        WHERE l.assessment_id = x.id AND l.asset = r.asset) lines ON true
  LEFT JOIN recovery_break b
         ON b.event_id = e.id AND b.asset = r.asset AND b.opened_at <= %(as_of)s
  LEFT JOIN LATERAL (
       SELECT k.reference FROM recovery_recoverycase k
        WHERE k.event_id = e.id AND k.opened_at <= %(as_of)s
        ORDER BY k.opened_at DESC, k.id DESC LIMIT 1) c ON true
 WHERE (x.id IS NOT NULL OR e.found_at <= %(as_of)s)
   AND (NOT %(breaks_only)s OR r.reason <> '' OR b.id IS NOT NULL)
 ORDER BY e.started_at, e.reference, asset
"""

CONTROL = """
WITH in_force AS (
     SELECT DISTINCT ON (event_id) id FROM recovery_assessment
      WHERE computed_at <= %(as_of)s ORDER BY event_id, number DESC),
results AS (
     SELECT r.asset, count(*) AS results,
            sum(round(r.residual_amount, 8)) AS residual,
            sum(round(r.received_amount, 8)) AS received,
            sum(r.variance_amount) AS exact_variance,
            sum(round(r.received_amount, 8) - round(r.residual_amount, 8))
                AS variance,
            sum(abs(r.residual_amount) + abs(r.received_amount)) AS gross
       FROM in_force JOIN recovery_assessmentresult r ON r.assessment_id = in_force.id
      GROUP BY r.asset),
breaks AS (
     SELECT b.asset,
            sum(round(r.received_amount, 8) - round(r.residual_amount, 8)
                + b.variance_amount - r.variance_amount) AS variance,
            bool_and(b.changed_at <= %(as_of)s) AS is_comparable
       FROM recovery_break b JOIN recovery_assessmentresult r ON r.id = b.result_id
      WHERE b.opened_at <= %(as_of)s
      GROUP BY b.asset),
paid AS (
     SELECT asset, count(*) AS payments, sum(round(amount, 8)) AS amount,
            sum(round(amount, 8)) FILTER (WHERE kind = 'goodwill') AS goodwill
       FROM recovery_payment WHERE proposed_at <= %(as_of)s GROUP BY asset),
waiting AS (
     SELECT e.asset, count(*) AS events FROM recovery_event e
      WHERE e.found_at <= %(as_of)s AND NOT EXISTS (
            SELECT 1 FROM recovery_assessment s
              JOIN recovery_assessmentresult r ON r.assessment_id = s.id
             WHERE s.event_id = e.id AND s.computed_at <= %(as_of)s)
      GROUP BY e.asset),
owed AS (
     SELECT DISTINCT asset FROM recovery_decision
      WHERE kind = 'owed' AND coalesce(ended_at, proposed_at) <= %(as_of)s)
SELECT asset, coalesce(r.results, 0), coalesce(r.residual, 0),
       coalesce(r.received, 0), coalesce(r.variance, 0),
       coalesce(r.exact_variance, 0), coalesce(r.gross, 0),
       coalesce(b.variance, 0), coalesce(b.is_comparable, true),
       coalesce(p.payments, 0), coalesce(p.amount, 0), coalesce(p.goodwill, 0),
       coalesce(w.events, 0)
  FROM results r
  FULL JOIN breaks b USING (asset)
  FULL JOIN paid p USING (asset)
  FULL JOIN waiting w USING (asset)
  FULL JOIN owed USING (asset)
 ORDER BY asset COLLATE "C"
"""

SOURCE_FILES = """
SELECT f.id, f.name, f.sha256, f.provenance, f.state, f.venue, f.layout, f.kind,
       f.zone, f.records, f.accepted, f.duplicate, f.ignored, f.rejected,
       f.first_at, f.last_at, f.received_at, f.loaded_at,
       coalesce(u.username, '') AS received_by, f.refusal, f.sums, f.manifest
  FROM recovery_sourcefile f
  LEFT JOIN accounts_user u ON u.id = f.received_by_id
 WHERE coalesce(f.loaded_at, f.received_at) <= %(as_of)s
 ORDER BY f.received_at, f.id
"""

FILE_SUMS = """
SELECT source_file_id, asset, sum(amount) FROM recovery_ledgerentry
 GROUP BY source_file_id, asset
UNION ALL
SELECT source_file_id, asset, sum(fund_movement) FROM recovery_engineentry
 WHERE fund_movement IS NOT NULL GROUP BY source_file_id, asset
"""

PAYMENTS = """
SELECT p.reference, c.reference AS case_reference, e.reference AS event_reference,
       p.kind, p.asset, p.amount, p.fee_amount, p.house_fee_amount,
       coalesce(x.to_asset, p.asset) AS leaves_in,
       coalesce(x.to_amount, p.sent_amount) AS leaves,
       CASE WHEN x.id IS NULL THEN '' ELSE trim_scale(x.rate)::text || ' of '
            || x.source END AS rate,
       d.network, d.address, d.memo,
       coalesce(s.to_status, 'proposed') AS status,
       coalesce(s.at, p.proposed_at) AS status_since,
       maker.username AS proposer, p.proposed_at,
       coalesce(g.approver, '') AS approver, g.at AS approved_at,
       coalesce(b.reference, '') AS batch,
       coalesce(builder.username, '') AS built_by,
       coalesce(releaser.username, '') AS released_by,
       CASE WHEN b.released_at <= %(as_of)s THEN b.released_at END AS released_at,
       coalesce(b.file_sha256, '') AS batch_digest, p.content_digest,
       CASE WHEN s.to_status IN ('posted', 'confirmed')
            THEN p.confirmation_reference ELSE '' END AS confirmation
  FROM recovery_payment p
  JOIN recovery_recoverycase c ON c.id = p.case_id
  JOIN recovery_event e ON e.id = p.event_id
  JOIN accounts_user maker ON maker.id = p.proposer_id
  LEFT JOIN accounts_destination d ON d.id = p.destination_id
  LEFT JOIN recovery_conversion x ON x.id = p.conversion_id
  LEFT JOIN LATERAL (
       SELECT string_agg(u.username, ', ' ORDER BY a.number) AS approver,
              max(a.at) AS at
         FROM recovery_approval a JOIN accounts_user u ON u.id = a.approver_id
        WHERE a.payment_id = p.id AND a.at <= %(as_of)s) g ON true
  LEFT JOIN LATERAL (
       SELECT t.to_status, t.at FROM recovery_transition t
        WHERE t.payment_id = p.id AND t.at <= %(as_of)s
        ORDER BY t.id DESC LIMIT 1) s ON true
  LEFT JOIN recovery_payoutbatch b ON b.id = p.batch_id AND b.built_at <= %(as_of)s
  LEFT JOIN accounts_user builder ON builder.id = b.built_by_id
  LEFT JOIN accounts_user releaser
         ON releaser.id = b.released_by_id AND b.released_at <= %(as_of)s
 WHERE p.proposed_at <= %(as_of)s
 ORDER BY p.proposed_at, p.reference
"""
