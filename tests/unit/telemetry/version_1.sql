-- A telemetry.duckdb as version 1 of the schema made it: its tables, views, and a few rows.

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
    lost_events bigint
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
    retries smallint
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
    policy_version varchar
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

CREATE VIEW v_node_runs AS
SELECT * FROM node_runs
QUALIFY row_number() OVER (PARTITION BY run_id) = 1;

CREATE VIEW v_gate_checks AS
SELECT DISTINCT * FROM gate_checks;

INSERT INTO runs BY NAME SELECT 'aaaa' AS trace_id, 't1' AS task_id, 'ok' AS status, TIMESTAMP '2026-10-01 09:00:00' AS started_at, TIMESTAMP '2026-10-01 09:00:01' AS ended_at;
INSERT INTO node_runs BY NAME SELECT 'aaaa' AS trace_id, uuid '11111111-1111-4111-8111-111111111111' AS run_id, 'plan' AS node, TIMESTAMP '2026-10-01 09:00:00' AS started_at;
INSERT INTO gate_checks BY NAME SELECT 'aaaa' AS trace_id, 'pytest' AS gate;
INSERT INTO schema_version VALUES (1, TIMESTAMP '2026-10-01 09:00:00');
