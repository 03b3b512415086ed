-- The sidecar's views and queries. `v_` views have one row a key; they are in every file, and the
-- reader makes them over all files of a folder.

-- name: v_runs
-- The ended row of a run where there is one, else the one that says `running`.
SELECT * FROM runs
QUALIFY row_number() OVER (PARTITION BY trace_id ORDER BY ended_at DESC NULLS LAST) = 1;

-- name: v_node_runs
SELECT * FROM node_runs
QUALIFY row_number() OVER (PARTITION BY run_id) = 1;

-- name: v_llm_calls
SELECT * FROM llm_calls
QUALIFY run_id IS NULL OR row_number() OVER (PARTITION BY run_id) = 1;

-- name: v_gate_checks
-- A gate that ran twice on a commit has two rows; a row that was written twice has one.
SELECT DISTINCT * FROM gate_checks;

-- name: v_routing_decisions
SELECT DISTINCT * FROM routing_decisions;

-- name: v_telemetry_health
-- The last word of every process about itself.
SELECT * FROM telemetry_health
QUALIFY row_number() OVER (PARTITION BY host, pid, started_at ORDER BY ts DESC) = 1;

-- name: v_node_costs
-- One row a node's attempt, with the calls that it made. cost_usd is NULL unless every answered
-- call has a price.
SELECT n.*, r.task_id,
    coalesce(c.calls, 0) AS llm_calls,
    coalesce(c.failed, 0) AS llm_failures,
    coalesce(c.input_tokens, 0) AS input_tokens,
    coalesce(c.output_tokens, 0) AS output_tokens,
    CASE WHEN c.parent_run_id IS NULL THEN 0 WHEN c.unpriced = 0 THEN c.cost END AS cost_usd,
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

-- name: report_runs
SELECT trace_id::varchar AS trace_id, started_at, ended_at, duration_ms, status, error_type,
    outcome, llm_calls, input_tokens, output_tokens, cost_amount AS cost_usd,
    unpriced_calls, dropped_events, lost_events
FROM v_runs WHERE task_id = $task_id ORDER BY started_at;

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
    sum(llm_calls) AS llm_calls,
    sum(llm_failures) AS llm_failures,
    sum(input_tokens) AS input_tokens,
    sum(output_tokens) AS output_tokens,
    CASE WHEN bool_and(cost_usd IS NOT NULL) THEN sum(cost_usd) END AS cost_usd,
    list_sort(list_distinct(flatten(list(models)))) AS models
FROM v_node_costs WHERE task_id = $task_id
GROUP BY path ORDER BY min(started_at);

-- name: report_strays
-- Calls that belong to no attempt that ended: their process died, or they were made elsewhere.
SELECT coalesce(c.node || ' (not ended)', '(outside nodes)') AS node,
    count(DISTINCT c.parent_run_id) AS attempts,
    0 AS errors, 0 AS interrupts, coalesce(sum(c.duration_ms), 0) AS duration_ms,
    NULL AS cpu_ms, NULL AS child_cpu_ms, NULL AS rss_max_bytes,
    count(*) AS llm_calls,
    count(*) FILTER (WHERE c.status <> 'ok') AS llm_failures,
    coalesce(sum(c.input_tokens), 0) AS input_tokens,
    coalesce(sum(c.output_tokens), 0) AS output_tokens,
    CASE WHEN count(*) FILTER (WHERE c.status = 'ok' AND c.cost_amount IS NULL) = 0
        THEN coalesce(sum(c.cost_amount), 0) END AS cost_usd,
    list_sort(list(DISTINCT concat_ws('/', c.provider_name, c.request_model))) AS models
FROM v_llm_calls AS c JOIN v_runs AS r USING (trace_id)
WHERE r.task_id = $task_id
    AND NOT EXISTS (SELECT 1 FROM v_node_runs AS n WHERE n.run_id = c.parent_run_id)
GROUP BY c.node ORDER BY min(c.started_at);

-- name: report_gate
SELECT g.checked_at, g.attempt, g."commit", g.gate, g.status, g.passed, g.findings, g.duration_ms,
    g.evidence ->> 'summary' AS summary
FROM v_gate_checks AS g JOIN v_runs AS r USING (trace_id)
WHERE r.task_id = $task_id ORDER BY g.checked_at;

-- name: report_routing
SELECT d.decided_at, d.node, d.role, d.stage, d.model, d.candidates, d.excluded, d.reason,
    d.policy_version
FROM v_routing_decisions AS d JOIN v_runs AS r USING (trace_id)
WHERE r.task_id = $task_id ORDER BY d.decided_at;

-- name: report_health
-- What was lost by the processes that ran this task, whichever task the rows were of.
SELECT h.state, h.dropped::varchar AS dropped, h.lost::varchar AS lost, h.errors::varchar AS errors
FROM v_telemetry_health AS h
WHERE EXISTS (
    SELECT 1 FROM v_runs AS r
    WHERE r.task_id = $task_id AND r.host = h.host AND r.pid = h.pid
        AND h.started_at <= r.started_at
        AND (h.ts >= r.started_at)
);

-- name: cost_by_model
SELECT concat_ws('/', provider_name, request_model) AS model, count(*) AS calls,
    count(*) FILTER (WHERE status <> 'ok') AS failed,
    sum(input_tokens) AS input_tokens, sum(output_tokens) AS output_tokens,
    CASE WHEN count(*) FILTER (WHERE status = 'ok' AND cost_amount IS NULL) = 0
        THEN coalesce(sum(cost_amount), 0) END AS cost_usd
FROM v_llm_calls GROUP BY 1 ORDER BY cost_usd DESC NULLS FIRST;

-- name: nodes_by_area
-- What a node takes by risk and area, over all tasks.
SELECT r.risk, r.area, c.node, count(*) AS attempts,
    round(quantile_cont(c.duration_ms, 0.5)) AS p50_ms,
    round(quantile_cont(c.duration_ms, 0.95)) AS p95_ms,
    round(sum(c.cpu_ms)) AS cpu_ms, sum(c.cost_usd) AS known_cost_usd
FROM v_node_costs AS c JOIN v_runs AS r USING (trace_id)
WHERE c.kind = 'node' GROUP BY ALL ORDER BY p95_ms DESC;

-- name: gate_failures
SELECT gate, count(*) AS checks, count(*) FILTER (WHERE NOT passed) AS failed,
    round(avg(duration_ms)) AS mean_ms
FROM v_gate_checks GROUP BY gate ORDER BY failed DESC, gate;
