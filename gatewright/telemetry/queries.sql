-- The sidecar's views and queries. `v_` views have one row a key; they are in every file, and the
-- reader makes them over all files of a folder.

-- name: v_runs
-- The ended row of a run where there is one, else the one that says `running`.
SELECT * FROM runs
QUALIFY row_number() OVER (PARTITION BY trace_id ORDER BY ended_at DESC NULLS LAST) = 1;

-- name: v_node_runs
SELECT DISTINCT ON (run_id) * FROM node_runs;

-- name: v_llm_calls
SELECT * FROM llm_calls
QUALIFY run_id IS NULL OR row_number() OVER (PARTITION BY run_id) = 1;

-- name: v_gate_checks
-- A gate that ran twice on a commit has two rows; a row that was written twice has one.
SELECT DISTINCT * FROM gate_checks;

-- name: v_plan_steps
-- The attempts of plans' steps, and the steps that ended without one.
SELECT DISTINCT * FROM plan_steps;

-- name: v_routing_decisions
-- The last word where a node ran again; one that fell back on another model has a row beside the
-- first choice's. is_last: nobody else was chosen under this id afterwards. By a key of all rows and
-- not by DISTINCT, which would read every column.
SELECT *, decision_id IS NULL
    OR decided_at = max(decided_at) OVER (PARTITION BY decision_id) AS is_last
FROM routing_decisions
QUALIFY row_number() OVER (
    PARTITION BY decision_id, coalesce(fallback_of, ''), CASE WHEN decision_id IS NULL
        THEN concat_ws('|', trace_id, run_id, node, role, stage, model, decided_at) END
    ORDER BY decided_at DESC
) = 1;

-- name: v_routing_outcomes
-- One row a decision with the verdict that holds in the end: the latest of the highest kind (revert,
-- human, gate, review; of two at the same moment, that it failed). accepted is what the gate said
-- last, or the review where there was no gate (what was reverted must have been); audited: it was
-- accepted, and then a person or a later revert spoke about it. Cost and duration are of the last
-- row that knows them.
WITH ranked AS (
    SELECT *, list_position(['review', 'gate', 'human', 'revert'], kind) AS rank,
        rank * 9007199254740992 + 2 * epoch_us(judged_at) + (NOT passed)::bigint AS weight
    FROM routing_outcomes
    WHERE decision_id IS NOT NULL AND rank > 0 AND passed IS NOT NULL AND judged_at IS NOT NULL
), final AS (
    SELECT decision_id,
        arg_max({
            'task_id': task_id, 'role': role, 'risk': risk, 'area': coalesce(area, ''),
            'stage': greatest(least(coalesce(stage, 0), 2), 0), 'model': model,
            'again': coalesce(again, false), 'kind': kind, 'passed': passed, 'judged_at': judged_at
        }, weight) AS last,
        arg_min(trace_id, judged_at) AS trace_id,
        arg_max(cost_amount, weight) AS cost_amount,
        arg_max(duration_ms, weight) AS duration_ms,
        coalesce(arg_max(passed, weight) FILTER (rank <= 2), max(rank) = 4) AS accepted,
        accepted AND max(rank) > 2 AS audited,
        min(judged_at) AS first_judged_at,
        max(judged_at) AS last_judged_at
    FROM ranked GROUP BY decision_id
)
SELECT decision_id, unnest(last), trace_id, cost_amount, duration_ms, accepted, audited,
    first_judged_at, last_judged_at
FROM final;

-- name: v_llm_contents
SELECT * FROM llm_contents
QUALIFY run_id IS NULL OR row_number() OVER (PARTITION BY run_id) = 1;

-- name: v_hardware_samples
SELECT DISTINCT * FROM hardware_samples;

-- name: v_gpu_samples
SELECT DISTINCT * FROM gpu_samples;

-- name: v_events
SELECT DISTINCT * FROM events;

-- name: v_telemetry_health
-- The last word of every process about itself.
SELECT * FROM telemetry_health
QUALIFY row_number() OVER (PARTITION BY host, pid, started_at ORDER BY ts DESC) = 1;

-- name: v_node_costs
-- One row a node's attempt, with the calls that it made. cost_usd is NULL unless every answered
-- call has a price.
SELECT n.*, r.task_id, r.risk, r.area, r.host, r.pid, r.interval_s,
    coalesce(c.calls, 0) AS llm_calls,
    coalesce(c.failed, 0) AS llm_failures,
    coalesce(c.input_tokens, 0) AS input_tokens,
    coalesce(c.output_tokens, 0) AS output_tokens,
    CASE WHEN c.parent_run_id IS NULL THEN 0 WHEN c.unpriced = 0 THEN c.cost END AS cost_usd,
    coalesce(c.cost, 0) AS known_cost_usd,
    coalesce(c.unpriced, 0) AS unpriced_calls,
    coalesce(c.models, []) AS models
FROM v_node_runs AS n
LEFT JOIN v_runs AS r USING (trace_id)
LEFT JOIN (
    SELECT parent_run_id,
        count(*) AS calls,
        count(*) FILTER (WHERE status <> 'ok') AS failed,
        sum(input_tokens) AS input_tokens,
        sum(output_tokens) AS output_tokens,
        coalesce(sum(cost_amount), 0) AS cost,
        count(*) FILTER (WHERE status = 'ok' AND cost_amount IS NULL) AS unpriced,
        list_sort(list(DISTINCT concat_ws('/', provider_name, request_model))) AS models
    FROM v_llm_calls
    GROUP BY parent_run_id
) AS c ON c.parent_run_id = n.run_id;

-- name: v_moments
-- One row a moment at which a process looked at its machine or its GPUs, numbered by `place`. The
-- two are not looked at in the same instant: what is not new at a moment stands in the `last_`
-- columns as it was seen last. Of several GPUs: the busiest one's time, the sum of the rest.
WITH seen AS (
    SELECT host, pid, ts, cpu_pct, mem_pct, proc_rss_bytes, active_nodes, ts AS sampled_at,
        NULL AS gpu_sampled_at, NULL AS gpu_pct, NULL AS gpu_mem_used_bytes, NULL AS gpu_power_w
    FROM v_hardware_samples
    UNION ALL BY NAME
    SELECT host, pid, ts, ts AS gpu_sampled_at, max(gpu_pct) AS gpu_pct,
        sum(mem_used_bytes) AS gpu_mem_used_bytes, sum(power_w) AS gpu_power_w
    FROM v_gpu_samples GROUP BY host, pid, ts
)
SELECT *, row_number() OVER up AS place,
    lead(ts) OVER (PARTITION BY host, pid ORDER BY ts) AS next_ts,
    last_value(sampled_at IGNORE NULLS) OVER up AS last_sampled_at,
    last_value(cpu_pct IGNORE NULLS) OVER up AS last_cpu_pct,
    last_value(mem_pct IGNORE NULLS) OVER up AS last_mem_pct,
    last_value(gpu_sampled_at IGNORE NULLS) OVER up AS last_gpu_sampled_at,
    last_value(gpu_pct IGNORE NULLS) OVER up AS last_gpu_pct
FROM seen
WINDOW up AS (
    PARTITION BY host, pid ORDER BY ts ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
);

-- name: v_node_hardware
-- Cost and hardware of every attempt of a node. cpu_ms and child_cpu_ms are the node's own;
-- whatever begins with host_ or gpu_ is the whole machine's and shared by all that ran then.
-- host_cpu_pct, host_mem_pct and gpu_pct are what the process saw last before the node began (NULL:
-- longer ago than two intervals); _avg and _max are of the samples within the node's span.
WITH nodes AS (
    SELECT n.run_id, r.host, r.pid, n.started_at,
        n.started_at + to_microseconds((1000 * n.duration_ms)::bigint) AS ended_at,
        n.started_at - to_seconds(greatest(2 * coalesce(r.interval_s, 0), 2)) AS oldest
    FROM v_node_runs AS n JOIN v_runs AS r USING (trace_id)
), spans AS (
    SELECT n.run_id, n.host, n.pid, n.ended_at, m.place AS before, m.next_ts,
        CASE WHEN m.last_sampled_at >= n.oldest THEN m.last_cpu_pct END AS host_cpu_pct,
        CASE WHEN m.last_sampled_at >= n.oldest THEN m.last_mem_pct END AS host_mem_pct,
        CASE WHEN m.last_gpu_sampled_at >= n.oldest THEN m.last_gpu_pct END AS gpu_pct
    FROM nodes AS n
    ASOF LEFT JOIN v_moments AS m
        ON m.host = n.host AND m.pid = n.pid AND n.started_at >= m.ts
), within_span AS (
    SELECT s.run_id,
        count(m.sampled_at) AS samples,
        avg(m.cpu_pct) AS host_cpu_pct_avg,
        max(m.cpu_pct) AS host_cpu_pct_max,
        avg(m.mem_pct) AS host_mem_pct_avg,
        max(m.mem_pct) AS host_mem_pct_max,
        max(m.proc_rss_bytes) AS proc_rss_bytes_max,
        count(m.gpu_sampled_at) AS gpu_samples,
        avg(m.gpu_pct) AS gpu_pct_avg,
        max(m.gpu_pct) AS gpu_pct_max,
        max(m.gpu_mem_used_bytes) AS gpu_mem_used_bytes_max,
        avg(m.gpu_power_w) AS gpu_power_w_avg
    -- By number and not by time: a join on a range of times compares every node with every sample.
    FROM (
        SELECT n.run_id, n.host, n.pid,
            unnest(range(coalesce(n.before, 0) + 1, e.place + 1)) AS place
        FROM (FROM spans WHERE before IS NULL OR ended_at >= next_ts) AS n
        ASOF JOIN v_moments AS e
            ON e.host = n.host AND e.pid = n.pid AND n.ended_at >= e.ts
    ) AS s
    JOIN v_moments AS m USING (host, pid, place)
    GROUP BY s.run_id
)
SELECT c.*, s.ended_at, s.host_cpu_pct, s.host_mem_pct, s.gpu_pct,
    w.* EXCLUDE (run_id, samples, gpu_samples),
    coalesce(w.samples, 0) AS samples, coalesce(w.gpu_samples, 0) AS gpu_samples
FROM v_node_costs AS c
LEFT JOIN spans AS s USING (run_id)
LEFT JOIN within_span AS w USING (run_id);

-- name: v_rejected_work
-- Attempts whose work was turned down, one row each, and what turned it down: `error` (the attempt
-- itself failed), `plan_reviewer` (its plan), `code_reviewer` (its change), or `quality_gate` (all
-- changes since the last verdict of the gate; they are amended and not thrown away, so this is the
-- most that a failed gate can have cost).
WITH attempts AS (
    SELECT * FROM v_node_costs WHERE kind = 'node' AND node IN ('planner', 'implementer')
), reviews AS (
    SELECT r.task_id, e.node AS rejected_by, e.ts AS rejected_at,
        CASE e.node WHEN 'plan_reviewer' THEN 'planner' ELSE 'implementer' END AS node
    FROM v_events AS e JOIN v_runs AS r USING (trace_id)
    WHERE e.name = 'review' AND e.attributes ->> 'verdict' = 'rejected'
), reviewed AS (
    SELECT a.run_id, v.rejected_by, v.rejected_at
    FROM reviews AS v
    ASOF JOIN attempts AS a
        ON a.task_id = v.task_id AND a.node = v.node AND v.rejected_at >= a.started_at
), verdicts AS (
    SELECT r.task_id, g.run_id, min(g.checked_at) AS checked_at, bool_and(g.passed) AS passed,
        lag(min(g.checked_at)) OVER (PARTITION BY r.task_id ORDER BY min(g.checked_at)) AS since
    FROM v_gate_checks AS g JOIN v_runs AS r USING (trace_id)
    GROUP BY r.task_id, g.run_id
), gated AS (
    SELECT a.run_id, 'quality_gate' AS rejected_by, v.checked_at AS rejected_at
    FROM attempts AS a JOIN verdicts AS v
        ON v.task_id = a.task_id AND NOT v.passed AND a.started_at <= v.checked_at
        AND (v.since IS NULL OR a.started_at > v.since)
    WHERE a.node = 'implementer'
), failed AS (
    SELECT run_id, 'error' AS rejected_by, started_at AS rejected_at
    FROM attempts WHERE status = 'error'
), rejected AS (
    FROM failed UNION ALL FROM reviewed UNION ALL FROM gated
)
SELECT a.*, x.rejected_by, x.rejected_at
FROM (SELECT DISTINCT ON (run_id) * FROM rejected ORDER BY run_id, rejected_at) AS x
JOIN attempts AS a USING (run_id);

-- name: report_runs
SELECT trace_id::varchar AS trace_id, started_at, ended_at, duration_ms, status, error_type,
    outcome, llm_calls, input_tokens, output_tokens, cost_amount AS cost_usd,
    unpriced_calls, dropped_events, lost_events, task_id, interval_s, sample_count,
    sample_count_in_window, cpu_pct_min, cpu_pct_avg, cpu_pct_max, mem_pct_min, mem_pct_avg,
    mem_pct_max, disk_pct_min, disk_pct_avg, disk_pct_max, gpu_pct_min, gpu_pct_avg, gpu_pct_max,
    threshold_violations, violations::varchar AS violations, concurrent_runs_max
FROM v_runs WHERE coalesce(trace_id = $trace_id, task_id = $task_id) ORDER BY started_at;

-- name: report_nodes
-- By node, in the order in which they first ran; nodes inside a subgraph stand under their path.
SELECT path AS node,
    count(*) AS attempts,
    count(*) FILTER (WHERE status = 'error') AS errors,
    count(*) FILTER (WHERE status = 'interrupted') AS interrupts,
    sum(duration_ms) AS duration_ms,
    CASE WHEN bool_and(cpu_ms IS NOT NULL) THEN sum(cpu_ms) END AS cpu_ms,
    CASE WHEN bool_and(child_cpu_ms IS NOT NULL) THEN sum(child_cpu_ms) END AS child_cpu_ms,
    greatest(max(rss_start_bytes), max(rss_end_bytes)) AS rss_max_bytes,
    avg(coalesce(host_cpu_pct_avg, host_cpu_pct)) AS host_cpu_pct_avg,
    max(coalesce(host_cpu_pct_max, host_cpu_pct)) AS host_cpu_pct_max,
    avg(coalesce(gpu_pct_avg, gpu_pct)) AS gpu_pct_avg,
    max(coalesce(gpu_pct_max, gpu_pct)) AS gpu_pct_max,
    sum(llm_calls) AS llm_calls,
    sum(llm_failures) AS llm_failures,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    CASE WHEN bool_and(cost_usd IS NOT NULL) THEN sum(cost_usd) END AS cost_usd,
    list_sort(list_distinct(flatten(list(models)))) AS models
FROM v_node_hardware WHERE coalesce(trace_id = $trace_id, task_id = $task_id)
GROUP BY path ORDER BY min(started_at);

-- name: report_strays
-- Calls that belong to no attempt that ended: their process died, or they were made elsewhere.
SELECT coalesce(c.node || ' (not ended)', '(outside nodes)') AS node,
    count(DISTINCT c.parent_run_id) AS attempts,
    0 AS errors, 0 AS interrupts, coalesce(sum(c.duration_ms), 0) AS duration_ms,
    NULL AS cpu_ms, NULL AS child_cpu_ms, NULL AS rss_max_bytes, NULL AS host_cpu_pct_avg,
    NULL AS host_cpu_pct_max, NULL AS gpu_pct_avg, NULL AS gpu_pct_max,
    count(*) AS llm_calls,
    count(*) FILTER (WHERE c.status <> 'ok') AS llm_failures,
    coalesce(sum(c.input_tokens), 0) AS input_tokens,
    coalesce(sum(c.output_tokens), 0) AS output_tokens,
    CASE WHEN count(*) FILTER (WHERE c.status = 'ok' AND c.cost_amount IS NULL) = 0
        THEN coalesce(sum(c.cost_amount), 0) END AS cost_usd,
    list_sort(list(DISTINCT concat_ws('/', c.provider_name, c.request_model))) AS models
FROM v_llm_calls AS c JOIN v_runs AS r USING (trace_id)
WHERE coalesce(r.trace_id = $trace_id, r.task_id = $task_id)
    AND NOT EXISTS (SELECT 1 FROM v_node_runs AS n WHERE n.run_id = c.parent_run_id)
GROUP BY c.node ORDER BY min(c.started_at);

-- name: report_gate
SELECT g.checked_at, g.attempt, g."commit", g.gate, g.status, g.passed, g.findings, g.duration_ms,
    g.evidence ->> 'summary' AS summary
FROM v_gate_checks AS g JOIN v_runs AS r USING (trace_id)
WHERE coalesce(r.trace_id = $trace_id, r.task_id = $task_id) ORDER BY g.checked_at;

-- name: report_routing
SELECT d.decided_at, d.node, d.role, d.stage, d.model, d.candidates, d.excluded, d.reason,
    d.policy_version, d.decision_id, d.strategy, d.plan, d.chance, d.expected_usd,
    nullif(d.best_model, '') AS best_model, d.best_usd, d.again, d.escalates,
    nullif(d.fallback_of, '') AS fallback_of, o.kind AS verdict, o.passed
FROM v_routing_decisions AS d JOIN v_runs AS r USING (trace_id)
LEFT JOIN v_routing_outcomes AS o ON o.decision_id = d.decision_id AND d.is_last
WHERE coalesce(r.trace_id = $trace_id, r.task_id = $task_id) ORDER BY d.decided_at;

-- name: report_counterfactual
-- By run, what it would have cost to ask the best model every time that anybody was asked (best_usd),
-- and at the first attempts alone, as if it had always passed at once (best_once_usd): the truth of
-- always-best lies between them. Estimates, made when the decisions were; NULL: not known of one.
-- A model that took another's place is not asked in addition: what it is in place of counts.
SELECT d.trace_id,
    CASE WHEN bool_and(d.best_usd IS NOT NULL) THEN sum(d.best_usd) END AS best_usd,
    CASE WHEN bool_and(d.best_usd IS NOT NULL)
        THEN coalesce(sum(d.best_usd) FILTER (coalesce(d.stage, 0) = 0), 0) END AS best_once_usd
FROM v_routing_decisions AS d JOIN v_runs AS r USING (trace_id)
WHERE coalesce(r.trace_id = $trace_id, r.task_id = $task_id) AND coalesce(d.fallback_of, '') = ''
GROUP BY d.trace_id;

-- name: report_health
-- What was lost by the processes that ran this task, whichever task the rows were of.
SELECT h.state, h.dropped::varchar AS dropped, h.lost::varchar AS lost, h.errors::varchar AS errors
FROM v_telemetry_health AS h
WHERE EXISTS (
    SELECT 1 FROM v_runs AS r
    WHERE coalesce(r.trace_id = $trace_id, r.task_id = $task_id) AND r.host = h.host AND r.pid = h.pid
        AND h.started_at <= r.started_at
        AND (h.ts >= r.started_at)
);

-- name: find_runs
-- Runs whose trace id begins so.
SELECT trace_id, task_id FROM v_runs WHERE starts_with(trace_id, $prefix) ORDER BY started_at;

-- The queries below are of the time from $since to $until (exclusive); NULL is no bound. Costs are
-- of the calls whose price is known; unpriced_calls says how many are not in them.

-- name: cost_by_node
-- Cost and time of every node.
SELECT node, count(*) AS attempts,
    sum(duration_ms) AS duration_ms,
    quantile_cont(duration_ms, 0.5) AS p50_ms,
    quantile_cont(duration_ms, 0.95) AS p95_ms,
    sum(cpu_ms) AS cpu_ms, sum(child_cpu_ms) AS child_cpu_ms,
    sum(llm_calls) AS llm_calls, sum(unpriced_calls) AS unpriced_calls,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
    sum(known_cost_usd) AS cost_usd
FROM v_node_costs
WHERE kind = 'node' AND started_at >= coalesce($since, '-infinity'::timestamp)
    AND started_at < coalesce($until, 'infinity'::timestamp)
GROUP BY node ORDER BY cost_usd DESC, duration_ms DESC, node;

-- name: hardware_by_node
-- CPU and GPU of every node: the join of cost and hardware. cpu_cores is the node's own (its
-- children's included) over its time; host_ and gpu_ are the machine's meanwhile.
SELECT node, count(*) AS attempts,
    sum(known_cost_usd) AS cost_usd,
    sum(input_tokens + output_tokens) AS tokens,
    quantile_cont(duration_ms, 0.95) AS p95_ms,
    sum(cpu_ms) AS cpu_ms, sum(child_cpu_ms) AS child_cpu_ms,
    sum(coalesce(cpu_ms, 0) + coalesce(child_cpu_ms, 0)) / nullif(sum(duration_ms), 0) AS cpu_cores,
    max(child_maxrss_bytes) AS child_maxrss_bytes,
    avg(coalesce(host_cpu_pct_avg, host_cpu_pct)) AS host_cpu_pct_avg,
    max(coalesce(host_cpu_pct_max, host_cpu_pct)) AS host_cpu_pct_max,
    avg(coalesce(host_mem_pct_avg, host_mem_pct)) AS host_mem_pct_avg,
    avg(coalesce(gpu_pct_avg, gpu_pct)) AS gpu_pct_avg,
    max(coalesce(gpu_pct_max, gpu_pct)) AS gpu_pct_max,
    sum(samples) AS samples
FROM v_node_hardware
WHERE kind = 'node' AND started_at >= coalesce($since, '-infinity'::timestamp)
    AND started_at < coalesce($until, 'infinity'::timestamp)
GROUP BY node ORDER BY cost_usd DESC, cpu_ms DESC, node;

-- name: cost_by_model
SELECT concat_ws('/', provider_name, request_model) AS model, count(*) AS calls,
    count(*) FILTER (WHERE status <> 'ok') AS failed,
    quantile_cont(duration_ms, 0.5) AS p50_ms, quantile_cont(duration_ms, 0.95) AS p95_ms,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
    sum(cache_read_input_tokens) AS cache_read_input_tokens,
    coalesce(sum(cost_amount), 0) AS cost_usd,
    count(*) FILTER (WHERE status = 'ok' AND cost_amount IS NULL) AS unpriced_calls
FROM v_llm_calls
WHERE started_at >= coalesce($since, '-infinity'::timestamp)
    AND started_at < coalesce($until, 'infinity'::timestamp)
GROUP BY 1 ORDER BY cost_usd DESC, calls DESC, model;

-- name: calls_by_model_and_node
-- Who asks which model, and how its calls end.
SELECT concat_ws('/', provider_name, request_model) AS model, coalesce(node, '') AS node,
    count(*) AS calls, count(*) FILTER (WHERE status <> 'ok') AS failed,
    list_sort(list(DISTINCT error_type)) AS error_types,
    quantile_cont(duration_ms, 0.5) AS p50_ms, quantile_cont(duration_ms, 0.95) AS p95_ms,
    quantile_cont(time_to_first_chunk_ms, 0.5) AS first_chunk_p50_ms,
    coalesce(sum(input_tokens), 0) AS input_tokens,
    coalesce(sum(output_tokens), 0) AS output_tokens,
    coalesce(sum(cost_amount), 0) AS cost_usd,
    count(*) FILTER (WHERE status = 'ok' AND cost_amount IS NULL) AS unpriced_calls
FROM v_llm_calls
WHERE started_at >= coalesce($since, '-infinity'::timestamp)
    AND started_at < coalesce($until, 'infinity'::timestamp)
GROUP BY ALL ORDER BY cost_usd DESC, calls DESC, model, node;

-- name: cost_by_risk_and_area
SELECT coalesce(risk, '') AS risk, coalesce(area, '') AS area,
    count(DISTINCT task_id) AS tasks, count(*) AS attempts,
    sum(duration_ms) AS duration_ms, sum(cpu_ms) AS cpu_ms, sum(child_cpu_ms) AS child_cpu_ms,
    sum(input_tokens + output_tokens) AS tokens,
    sum(known_cost_usd) AS cost_usd, sum(unpriced_calls) AS unpriced_calls
FROM v_node_costs
WHERE kind = 'node' AND started_at >= coalesce($since, '-infinity'::timestamp)
    AND started_at < coalesce($until, 'infinity'::timestamp)
GROUP BY ALL ORDER BY cost_usd DESC, duration_ms DESC, risk, area;

-- name: nodes_by_area
-- What a node takes by risk and area.
SELECT coalesce(risk, '') AS risk, coalesce(area, '') AS area, node, count(*) AS attempts,
    quantile_cont(duration_ms, 0.5) AS p50_ms, quantile_cont(duration_ms, 0.95) AS p95_ms,
    sum(cpu_ms) AS cpu_ms, sum(child_cpu_ms) AS child_cpu_ms, sum(known_cost_usd) AS cost_usd
FROM v_node_costs
WHERE kind = 'node' AND started_at >= coalesce($since, '-infinity'::timestamp)
    AND started_at < coalesce($until, 'infinity'::timestamp)
GROUP BY ALL ORDER BY p95_ms DESC, node;

-- name: attempts_by_node
-- How often a node runs for a task, and how its attempts end.
SELECT node, count(DISTINCT task_id) AS tasks, count(*) AS attempts,
    count(*) / nullif(count(DISTINCT task_id), 0) AS attempts_per_task,
    count(*) FILTER (WHERE status = 'error') AS errors,
    count(*) FILTER (WHERE status = 'interrupted') AS interrupts,
    count(*) FILTER (WHERE status = 'cancelled') AS cancelled
FROM v_node_costs
WHERE kind = 'node' AND started_at >= coalesce($since, '-infinity'::timestamp)
    AND started_at < coalesce($until, 'infinity'::timestamp)
GROUP BY node ORDER BY attempts DESC, node;

-- name: gate_failures
SELECT gate, count(*) AS checks, count(*) FILTER (WHERE NOT passed) AS failed,
    avg(duration_ms) AS mean_ms
FROM v_gate_checks
WHERE checked_at >= coalesce($since, '-infinity'::timestamp)
    AND checked_at < coalesce($until, 'infinity'::timestamp)
GROUP BY gate ORDER BY failed DESC, gate;

-- name: cost_of_rejected_work
-- By node and by what turned the work down; see v_rejected_work.
SELECT node, rejected_by, count(*) AS attempts, sum(llm_calls) AS llm_calls,
    sum(input_tokens + output_tokens) AS tokens,
    sum(duration_ms) AS duration_ms, sum(cpu_ms) AS cpu_ms, sum(child_cpu_ms) AS child_cpu_ms,
    sum(known_cost_usd) AS cost_usd, sum(unpriced_calls) AS unpriced_calls
FROM v_rejected_work
WHERE started_at >= coalesce($since, '-infinity'::timestamp)
    AND started_at < coalesce($until, 'infinity'::timestamp)
GROUP BY ALL ORDER BY cost_usd DESC, duration_ms DESC, node;

-- name: cost_by_outcome
-- What the tasks cost that ended so; a task's outcome is its last run's.
SELECT coalesce(outcome, 'not ended') AS outcome, count(*) AS tasks, sum(duration_ms) AS duration_ms,
    sum(tokens) AS tokens, sum(cost_usd) AS cost_usd
FROM (
    SELECT r.task_id, max_by(r.outcome, r.started_at) AS outcome,
        sum(r.duration_ms) AS duration_ms, sum(coalesce(n.tokens, 0)) AS tokens,
        sum(coalesce(n.cost_usd, 0)) AS cost_usd
    FROM v_runs AS r LEFT JOIN (
        SELECT trace_id, sum(input_tokens + output_tokens) AS tokens,
            sum(cost_amount) AS cost_usd
        FROM v_llm_calls GROUP BY trace_id
    ) AS n USING (trace_id)
    WHERE r.started_at >= coalesce($since, '-infinity'::timestamp)
        AND r.started_at < coalesce($until, 'infinity'::timestamp)
    GROUP BY r.task_id
) GROUP BY 1 ORDER BY cost_usd DESC, outcome;

-- name: trend_by_day
-- Runs by the day (UTC) on which they began; a run that died has no duration, its calls count.
SELECT r.started_at::date AS day, count(*) AS runs, count(DISTINCT r.task_id) AS tasks,
    count(DISTINCT r.task_id) FILTER (WHERE r.outcome = 'done') AS done,
    count(DISTINCT r.task_id) FILTER (WHERE r.outcome = 'failed') AS failed,
    coalesce(sum(r.duration_ms), 0) AS duration_ms,
    coalesce(sum(n.cpu_ms), 0) AS cpu_ms, coalesce(sum(n.child_cpu_ms), 0) AS child_cpu_ms,
    coalesce(sum(c.calls), 0) AS llm_calls,
    coalesce(sum(c.input_tokens), 0) AS input_tokens,
    coalesce(sum(c.output_tokens), 0) AS output_tokens,
    coalesce(sum(c.cost_usd), 0) AS cost_usd,
    coalesce(sum(c.unpriced_calls), 0) AS unpriced_calls,
    avg(r.cpu_pct_avg) AS host_cpu_pct_avg, max(r.cpu_pct_max) AS host_cpu_pct_max,
    avg(r.gpu_pct_avg) AS gpu_pct_avg, max(r.gpu_pct_max) AS gpu_pct_max,
    coalesce(sum(r.threshold_violations), 0) AS threshold_violations,
    coalesce(sum(r.dropped_events), 0) + coalesce(sum(r.lost_events), 0) AS missing_rows
FROM v_runs AS r
LEFT JOIN (
    SELECT trace_id, sum(cpu_ms) AS cpu_ms, sum(child_cpu_ms) AS child_cpu_ms
    FROM v_node_runs WHERE kind = 'node' GROUP BY trace_id
) AS n USING (trace_id)
LEFT JOIN (
    SELECT trace_id, count(*) AS calls, sum(input_tokens) AS input_tokens,
        sum(output_tokens) AS output_tokens, sum(cost_amount) AS cost_usd,
        count(*) FILTER (WHERE status = 'ok' AND cost_amount IS NULL) AS unpriced_calls
    FROM v_llm_calls GROUP BY trace_id
) AS c USING (trace_id)
WHERE r.started_at >= coalesce($since, '-infinity'::timestamp)
    AND r.started_at < coalesce($until, 'infinity'::timestamp)
GROUP BY 1 ORDER BY day;

-- name: gpu_energy_by_run
-- What the GPUs of the run's machine took meanwhile, where the driver counts energy: shared by
-- whatever else ran on them.
SELECT r.trace_id, r.task_id, g.gpu_index, any_value(g.gpu_name) AS gpu_name,
    max(g.energy_j) - min(g.energy_j) AS energy_j, avg(g.power_w) AS power_w,
    max(g.gpu_pct) AS gpu_pct_max, count(*) AS samples
FROM v_runs AS r JOIN v_gpu_samples AS g
    ON g.host = r.host AND g.pid = r.pid AND g.ts >= r.started_at
    AND g.ts <= coalesce(r.ended_at, 'infinity'::timestamp)
WHERE r.started_at >= coalesce($since, '-infinity'::timestamp)
    AND r.started_at < coalesce($until, 'infinity'::timestamp)
GROUP BY r.trace_id, r.task_id, g.gpu_index ORDER BY energy_j DESC NULLS LAST;

-- The router's own queries.

-- name: routing_counts
-- What the router learns from: the verdicts that hold in the end, by arm, of decisions whose first
-- verdict came since $since (NULL is no bound), of roles and risks that this version knows. known:
-- the decisions of which somebody said something since $lately.
SELECT role, risk, area, stage, model, again,
    count(*) FILTER (passed) AS passed, count(*) FILTER (NOT passed) AS failed,
    coalesce(sum(cost_amount), 0) AS cost_usd, count(cost_amount) AS priced,
    coalesce(sum(duration_ms), 0) / 1000 AS seconds, count(duration_ms) AS timed,
    count(*) FILTER (audited) AS audited,
    count(*) FILTER (audited AND NOT passed) AS false_accepts,
    list(decision_id) FILTER (last_judged_at >= $lately) AS known
FROM v_routing_outcomes
WHERE first_judged_at >= coalesce($since, '-infinity'::timestamp) AND model IS NOT NULL
    AND role IN ('planner', 'plan_reviewer', 'implementer', 'code_reviewer')
    AND risk IN ('low', 'medium', 'high')
GROUP BY role, risk, area, stage, model, again;

-- name: routing_recent
-- The last $most verdicts on first attempts, by role and model, oldest first. A late word about an
-- old attempt stands where the first one stood.
SELECT decision_id, role, model, stage, passed, first_judged_at
FROM v_routing_outcomes
WHERE first_judged_at >= coalesce($since, '-infinity'::timestamp) AND model IS NOT NULL
    AND stage = 0 AND role IN ('planner', 'plan_reviewer', 'implementer', 'code_reviewer')
    AND risk IN ('low', 'medium', 'high')
QUALIFY row_number() OVER (
    PARTITION BY role, model ORDER BY first_judged_at DESC, decision_id DESC
) <= $most
ORDER BY first_judged_at, decision_id;

-- name: recorded_decisions
-- Decisions with their verdicts, oldest first; NULL leaves a bound out. As in v_routing_decisions,
-- but for the rows that are looked for alone: `considered` is large, and only read if $whole.
WITH chosen AS (
    SELECT * REPLACE (CASE WHEN $whole THEN considered END AS considered),
        decided_at = max(decided_at) OVER (PARTITION BY decision_id) AS is_last
    FROM routing_decisions
    WHERE request IS NOT NULL AND decision_id IS NOT NULL
        AND decided_at >= coalesce($since, '-infinity'::timestamp)
        AND ($task_id IS NULL OR task_id = $task_id)
        AND starts_with(decision_id, coalesce($prefix, ''))
    QUALIFY row_number() OVER (
        PARTITION BY decision_id, coalesce(fallback_of, '') ORDER BY decided_at DESC
    ) = 1
)
SELECT d.*, o AS outcome
FROM chosen AS d
LEFT JOIN v_routing_outcomes AS o ON o.decision_id = d.decision_id AND d.is_last
ORDER BY d.decided_at;

-- name: final_outcomes
SELECT * FROM v_routing_outcomes
WHERE first_judged_at >= coalesce($since, '-infinity'::timestamp)
    AND ($task_id IS NULL OR task_id = $task_id)
ORDER BY first_judged_at, decision_id;

-- name: model_success
-- How well each model does in each role, over all risks and areas (risk and area are NULL), by risk
-- (area is NULL) and by risk and area: first attempts, those after a failure, mean cost of those
-- whose price is known, time of the whole attempt. A decision is of the time of its first verdict.
SELECT role, risk, area, model,
    count(*) FILTER (stage = 0 AND passed) AS first_passed,
    count(*) FILTER (stage = 0 AND NOT passed) AS first_failed,
    count(*) FILTER (stage > 0 AND passed) AS later_passed,
    count(*) FILTER (stage > 0 AND NOT passed) AS later_failed,
    avg(cost_amount) AS usd, coalesce(sum(cost_amount), 0) AS total_usd,
    count(*) - count(cost_amount) AS unpriced,
    quantile_cont(duration_ms, 0.5) / 1000 AS p50_s,
    quantile_cont(duration_ms, 0.95) / 1000 AS p95_s,
    count(*) FILTER (audited) AS audited,
    count(*) FILTER (audited AND NOT passed) AS false_accepts,
    max(last_judged_at) AS last_at
FROM v_routing_outcomes
WHERE model IS NOT NULL AND role IS NOT NULL AND ($role IS NULL OR role = $role)
    AND first_judged_at >= coalesce($since, '-infinity'::timestamp)
GROUP BY GROUPING SETS ((role, model), (role, risk, model), (role, risk, area, model))
ORDER BY role, grouping(risk, area) DESC, risk, area, first_passed + later_passed DESC, model;

-- name: model_changes
-- What changed: each model's first attempts since $lately, and those before it ($since is how far
-- back that goes; NULL is no bound). Models without either are left out.
SELECT role, model,
    count(*) FILTER (passed AND NOT late) AS passed_before,
    count(*) FILTER (NOT passed AND NOT late) AS failed_before,
    count(*) FILTER (passed AND late) AS passed_lately,
    count(*) FILTER (NOT passed AND late) AS failed_lately,
    avg(cost_amount) FILTER (NOT late) AS usd_before,
    avg(cost_amount) FILTER (late) AS usd_lately,
    quantile_cont(duration_ms, 0.5) FILTER (NOT late) / 1000 AS p50_s_before,
    quantile_cont(duration_ms, 0.5) FILTER (late) / 1000 AS p50_s_lately
FROM (FROM v_routing_outcomes SELECT *, first_judged_at >= $lately AS late)
WHERE stage = 0 AND model IS NOT NULL AND role IS NOT NULL AND ($role IS NULL OR role = $role)
    AND first_judged_at >= coalesce($since, '-infinity'::timestamp)
GROUP BY role, model
HAVING bool_or(late) AND NOT bool_and(late)
ORDER BY role, model;

-- name: last_circuits
-- The last change of every model's circuit breaker that a process told; its message begins with the
-- state: `circuit half-open, was open`.
SELECT attributes ->> 'model' AS model, max(ts) AS ts,
    arg_max(attributes ->> 'message', ts) AS message,
    nullif(regexp_extract(arg_max(attributes ->> 'message', ts), '^circuit ([a-z-]+)', 1), '') AS state
FROM events
WHERE name = 'circuit_changed' AND ts IS NOT NULL AND attributes ->> 'model' IS NOT NULL
GROUP BY 1 ORDER BY ts DESC, model;

-- name: decisions_by_model
-- Whom the router chose for what: how often, how often after a failure, against one that did not
-- answer, and how it ended. best_usd: see report_counterfactual; NULL: not known of one of them.
SELECT d.role, d.model, count(*) AS decisions,
    count(*) FILTER (d.stage > 0) AS after_failure,
    count(*) FILTER (d.escalates) AS escalations,
    count(*) FILTER (d.fallback_of <> '') AS fallbacks,
    count(*) FILTER (o.passed) AS passed, count(*) FILTER (NOT o.passed) AS failed,
    sum(o.cost_amount) AS cost_usd,
    CASE WHEN bool_and(d.best_usd IS NOT NULL) FILTER (coalesce(d.fallback_of, '') = '')
        THEN sum(d.best_usd) FILTER (coalesce(d.fallback_of, '') = '') END AS best_usd
FROM v_routing_decisions AS d
LEFT JOIN v_routing_outcomes AS o ON o.decision_id = d.decision_id AND d.is_last
WHERE d.decided_at >= coalesce($since, '-infinity'::timestamp)
    AND d.decided_at < coalesce($until, 'infinity'::timestamp)
GROUP BY ALL ORDER BY d.role, decisions DESC, d.model;
