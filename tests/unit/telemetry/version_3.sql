-- The schema as version 3 made it, with rows of one run.

CREATE TABLE IF NOT EXISTS runs (
    trace_id varchar NOT NULL,
    task_id varchar,
    conversation_id varchar,
    workflow_name varchar,
    risk varchar,
    area varchar,
    priority varchar,
    host varchar,
    pid integer,
    started_at timestamp,
    ended_at timestamp,
    duration_ms double,
    status varchar,
    error_type varchar,
    outcome varchar,
    llm_calls integer,
    input_tokens bigint,
    output_tokens bigint,
    cost_amount decimal(18, 9),
    cost_currency varchar,
    unpriced_calls integer,
    dropped_events bigint,
    lost_events bigint,
    service_name varchar,
    service_version varchar,
    interval_s double,
    sample_count integer,
    sample_count_in_window integer,
    cpu_pct_min double,
    cpu_pct_avg double,
    cpu_pct_max double,
    mem_pct_min double,
    mem_pct_avg double,
    mem_pct_max double,
    disk_pct_min double,
    disk_pct_avg double,
    disk_pct_max double,
    gpu_pct_min double,
    gpu_pct_avg double,
    gpu_pct_max double,
    threshold_violations integer,
    violations json,
    concurrent_runs_max integer
);

CREATE TABLE IF NOT EXISTS node_runs (
    trace_id varchar NOT NULL,
    run_id uuid,
    parent_run_id uuid,
    checkpoint_ns varchar,
    langgraph_task_id varchar,
    attempt smallint,
    node varchar,
    step integer,
    kind varchar,
    path varchar,
    started_at timestamp,
    duration_ms double,
    status varchar,
    error_type varchar,
    cpu_ms double,
    cpu_method varchar,
    child_cpu_ms double,
    child_cpu_method varchar,
    child_maxrss_bytes ubigint,
    children integer,
    rss_start_bytes ubigint,
    rss_end_bytes ubigint,
    concurrent_nodes integer
);

CREATE TABLE IF NOT EXISTS llm_calls (
    trace_id varchar,
    run_id uuid,
    parent_run_id uuid,
    node varchar,
    operation_name varchar,
    provider_name varchar,
    request_model varchar,
    response_model varchar,
    response_id varchar,
    finish_reasons varchar[],
    input_tokens bigint,
    output_tokens bigint,
    cache_read_input_tokens bigint,
    cache_creation_input_tokens bigint,
    reasoning_output_tokens bigint,
    usage_source varchar,
    cost_amount decimal(18, 9),
    cost_currency varchar,
    cost_source varchar,
    started_at timestamp,
    duration_ms double,
    time_to_first_chunk_ms double,
    streamed boolean,
    status varchar,
    error_type varchar,
    retries smallint,
    prompt_chars integer,
    completion_chars integer,
    prompt_hash varchar,
    completion_hash varchar
);

CREATE TABLE IF NOT EXISTS llm_contents (
    trace_id varchar,
    run_id uuid,
    ts timestamp,
    prompt json,
    completion varchar,
    redactions integer
);

CREATE TABLE IF NOT EXISTS hardware_samples (
    host varchar,
    pid integer,
    ts timestamp,
    active_runs integer,
    active_nodes integer,
    cpu_pct double,
    load1 double,
    mem_pct double,
    mem_used_bytes ubigint,
    disk_pct double,
    disk_read_bytes ubigint,
    disk_write_bytes ubigint,
    proc_cpu_s double,
    proc_rss_bytes ubigint,
    proc_threads integer,
    children integer,
    sample_cost_us integer
);

CREATE TABLE IF NOT EXISTS gpu_samples (
    host varchar,
    pid integer,
    ts timestamp,
    gpu_index smallint,
    gpu_uuid varchar,
    gpu_name varchar,
    gpu_pct double,
    mem_pct double,
    mem_used_bytes ubigint,
    power_w double,
    energy_j double,
    temp_c double,
    proc_mem_bytes ubigint,
    error varchar
);

CREATE TABLE IF NOT EXISTS events (
    trace_id varchar,
    run_id uuid,
    node varchar,
    ts timestamp,
    name varchar,
    category varchar,
    severity varchar,
    attributes json
);

CREATE TABLE IF NOT EXISTS gate_checks (
    trace_id varchar,
    run_id uuid,
    node varchar,
    checked_at timestamp,
    "commit" varchar,
    gate varchar,
    status varchar,
    passed boolean,
    findings integer,
    attempt smallint,
    duration_ms double,
    evidence json
);

CREATE TABLE IF NOT EXISTS routing_decisions (
    trace_id varchar,
    run_id uuid,
    node varchar,
    role varchar,
    decided_at timestamp,
    model varchar,
    candidates varchar[],
    excluded varchar[],
    reason varchar,
    stage smallint,
    policy_version varchar,
    decision_id varchar,
    task_id varchar,
    risk varchar,
    area varchar,
    strategy varchar,
    plan varchar[],
    considered json,

    refused json,
    seed varchar,
    value_usd double,
    harm_usd double,
    false_accept double,
    false_reject double,
    second_usd double,
    expected_usd double,
    chance double,
    best_model varchar,
    best_usd double,
    again boolean,
    escalates boolean,
    fallback_of varchar,
    request json
);

CREATE TABLE IF NOT EXISTS routing_outcomes (
    trace_id varchar,
    run_id uuid,
    node varchar,
    decision_id varchar,
    task_id varchar,
    role varchar,
    risk varchar,
    area varchar,
    stage smallint,
    model varchar,
    again boolean,
    kind varchar,
    passed boolean,
    cost_amount decimal(18, 9),
    duration_ms double,
    judged_at timestamp
);

CREATE TABLE IF NOT EXISTS telemetry_health (
    host varchar,
    pid integer,
    started_at timestamp,
    ts timestamp,
    state varchar,
    queued integer,
    dropped json,
    lost json,
    errors json,
    flush_ms_p95 double
);

CREATE TABLE IF NOT EXISTS schema_version (
    version integer,
    applied_at timestamp
);

CREATE VIEW v_runs AS
SELECT * FROM runs
QUALIFY row_number() OVER (PARTITION BY trace_id ORDER BY ended_at DESC NULLS LAST) = 1;

INSERT INTO runs BY NAME SELECT 'aaaa' AS trace_id, 't1' AS task_id, 'ok' AS status, TIMESTAMP '2026-11-01 09:00:00' AS started_at, TIMESTAMP '2026-11-01 09:00:01' AS ended_at;
INSERT INTO schema_version VALUES (3, TIMESTAMP '2026-11-01 09:00:00');
