-- The sidecar's tables. All times are UTC. All are append-only, without keys, indexes, UPDATE or
-- DELETE: an index is what a replay of the write-ahead log can fail on. A row may stand twice
-- (a batch is written again when its commit was not confirmed), and a run stands as `running` and
-- again as ended: read the `v_` views of queries.sql, which have one row a key.

-- One run of a task's graph. Key: trace_id.
CREATE TABLE IF NOT EXISTS runs (
    trace_id varchar NOT NULL,
    task_id varchar,                -- the engineering task
    conversation_id varchar,        -- gen_ai.conversation.id: LangGraph's thread_id
    workflow_name varchar,          -- gen_ai.workflow.name: the graph
    risk varchar,
    area varchar,
    priority varchar,
    host varchar,
    pid integer,
    started_at timestamp,
    ended_at timestamp,             -- NULL: running, or its process died
    duration_ms double,
    status varchar,                 -- running | ok | error | interrupted | cancelled
    error_type varchar,
    outcome varchar,                -- the task's state when the run ended, where the caller said it
    llm_calls integer,
    input_tokens bigint,            -- of the calls that were counted by their provider
    output_tokens bigint,
    cost_amount decimal(18, 9),     -- NULL unless every answered call has a price
    cost_currency varchar,
    unpriced_calls integer,         -- answered calls without a price
    dropped_events bigint,          -- rows of this run that found the queue full
    lost_events bigint,             -- rows of this run that could not be written
    service_name varchar,           -- service.name
    service_version varchar,        -- service.version
    interval_s double,              -- between two samples of the machine; NULL: nobody looked
    sample_count integer,           -- with the samples at the run's start and end
    sample_count_in_window integer, -- taken while the run was under way
    cpu_pct_min double,             -- of the whole machine, 0 to 100
    cpu_pct_avg double,
    cpu_pct_max double,
    mem_pct_min double,
    mem_pct_avg double,
    mem_pct_max double,
    disk_pct_min double,            -- how full the disk of Gatewright's home is
    disk_pct_avg double,
    disk_pct_max double,
    gpu_pct_min double,             -- of the busiest GPU
    gpu_pct_avg double,
    gpu_pct_max double,
    threshold_violations integer,
    violations json,                -- [{metric, limit, count, max}]
    concurrent_runs_max integer     -- runs under way in this process at a time, itself included
);

-- One attempt of one node. Key: run_id.
CREATE TABLE IF NOT EXISTS node_runs (
    trace_id varchar NOT NULL,
    run_id uuid,
    parent_run_id uuid,
    checkpoint_ns varchar,          -- the same for every attempt and after a resume
    langgraph_task_id varchar,      -- the last part of checkpoint_ns
    attempt smallint,               -- 1-based, within one invocation of the graph
    node varchar,
    step integer,                   -- LangGraph's superstep
    kind varchar,                   -- node | subgraph (nodes of another graph ran inside it)
    path varchar,                   -- names from the outermost node: `outer/inner`
    started_at timestamp,
    duration_ms double,
    status varchar,                 -- ok | error | interrupted | cancelled
    error_type varchar,
    cpu_ms double,                  -- of this process; NULL: could not be told from its neighbours'
    cpu_method varchar,             -- thread | stepped (both exact) | process (it ran alone) | none
    child_cpu_ms double,            -- of processes that it started, their children included
    child_cpu_method varchar,       -- wait4 (exact) | process (it ran alone) | none
    child_maxrss_bytes ubigint,     -- of the largest of those processes
    children integer,               -- processes that it started and waited for
    rss_start_bytes ubigint,        -- of the whole process
    rss_end_bytes ubigint,
    concurrent_nodes integer        -- nodes under way in this process at the start, itself included
);

-- One call of a model. Key: run_id; parent_run_id is the node's run_id.
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
    usage_source varchar,           -- provider | none
    cost_amount decimal(18, 9),     -- NULL: not known
    cost_currency varchar,
    cost_source varchar,            -- provider | local (our price table)
    started_at timestamp,
    duration_ms double,
    time_to_first_chunk_ms double,
    streamed boolean,
    status varchar,                 -- ok | error | cancelled
    error_type varchar,
    retries smallint,               -- NULL: the model's adapter did not say
    prompt_chars integer,           -- length of what was said to the model
    completion_chars integer,
    prompt_hash varchar,            -- SHA-256 with the installation's own salt, hexadecimal
    completion_hash varchar
);

-- Prompts and answers, redacted; empty unless telemetry.capture_content is on. run_id: the call's.
CREATE TABLE IF NOT EXISTS llm_contents (
    trace_id varchar,
    run_id uuid,
    ts timestamp,
    prompt json,                    -- [{role, content}]
    completion varchar,
    redactions integer              -- places that were taken out of both
);

-- The machine, every `interval_s` while at least one run is under way. Key: host, pid, ts.
CREATE TABLE IF NOT EXISTS hardware_samples (
    host varchar,
    pid integer,                    -- of the process that looked
    ts timestamp,
    active_runs integer,            -- of this process
    active_nodes integer,
    cpu_pct double,                 -- of the whole machine since the last sample, 0 to 100
    load1 double,
    mem_pct double,
    mem_used_bytes ubigint,
    disk_pct double,                -- how full the disk of Gatewright's home is
    disk_read_bytes ubigint,        -- of all disks since the machine started
    disk_write_bytes ubigint,
    proc_cpu_s double,              -- user and system, of this process since its start
    proc_rss_bytes ubigint,
    proc_threads integer,
    children integer,               -- processes below this one
    sample_cost_us integer          -- CPU that the sample itself took
);

-- One GPU at the same moments. Key: host, gpu_uuid, ts.
CREATE TABLE IF NOT EXISTS gpu_samples (
    host varchar,
    pid integer,                    -- of the process that looked
    ts timestamp,
    gpu_index smallint,
    gpu_uuid varchar,
    gpu_name varchar,
    gpu_pct double,                 -- time in which a kernel ran, 0 to 100
    mem_pct double,
    mem_used_bytes ubigint,
    power_w double,
    energy_j double,                -- since the driver was loaded; NULL where it does not say
    temp_c double,
    proc_mem_bytes ubigint,         -- of this process, where the driver names it
    error varchar                   -- what the driver refused
);

-- What happened to a task, as its run log tells it. run_id is the node's, where there is one.
CREATE TABLE IF NOT EXISTS events (
    trace_id varchar,
    run_id uuid,
    node varchar,
    ts timestamp,
    name varchar,                   -- the event's kind
    category varchar,               -- task | routing | llm_call | quality_gate | retry | human_review
    severity varchar,               -- info | warning | error
    attributes json
);

-- One check of the quality gate. run_id is the node's.
CREATE TABLE IF NOT EXISTS gate_checks (
    trace_id varchar,
    run_id uuid,
    node varchar,
    checked_at timestamp,
    "commit" varchar,
    gate varchar,                   -- the check's name
    status varchar,
    passed boolean,
    findings integer,
    attempt smallint,
    duration_ms double,
    evidence json
);

-- One decision of the router. Key: decision_id and fallback_of; NULL in rows of version 2 and
-- before. run_id is the node's.
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
    stage smallint,                 -- attempts of the role that had failed before
    policy_version varchar,
    decision_id varchar,            -- names the attempt; the same when its node runs again
    task_id varchar,
    risk varchar,
    area varchar,
    strategy varchar,
    plan varchar[],                 -- the attempts in order, this one first
    considered json,                -- [{model, again, stage, passed, failed, alpha, beta, chance,
                                    --   usd, seconds}]: every arm as it was weighed
    refused json,                   -- {model: what policy has against it}
    seed varchar,                   -- of what was drawn
    value_usd double,               -- what a solved task was worth
    harm_usd double,                -- what a bad change that is accepted costs
    false_accept double,            -- the share of bad changes that the gate lets pass
    false_reject double,            -- the share of good changes that it does not
    second_usd double,              -- what a second of waiting costs
    expected_usd double,            -- of the whole plan
    chance double,                  -- that the plan ends with an accepted change
    best_model varchar,             -- who would be asked if money did not matter
    best_usd double,                -- one attempt of it; NULL: not known
    again boolean,                  -- the model made the failed attempt just before, too
    escalates boolean,              -- stronger than the one that had failed before
    fallback_of varchar,            -- who was chosen first and did not answer
    request json                    -- the whole question: a decision is computed again from it
);

-- One verdict on one decision's attempt: what the router learns from. A decision may have several;
-- v_routing_outcomes has what holds in the end. A fault is no verdict.
CREATE TABLE IF NOT EXISTS routing_outcomes (
    trace_id varchar,               -- NULL: somebody said it after the run
    run_id uuid,                    -- of the node that learnt it
    node varchar,
    decision_id varchar,
    task_id varchar,
    role varchar,
    risk varchar,
    area varchar,
    stage smallint,
    model varchar,                  -- who answered, as actually used
    again boolean,
    kind varchar,                   -- review | gate | human | revert: a later kind's word counts
    passed boolean,
    cost_amount decimal(18, 9),     -- USD of the whole attempt; NULL: not known
    duration_ms double,             -- of the whole attempt
    judged_at timestamp
);

-- One attempt of one step of a plan's run, when it has ended; without an attempt, a step that came to
-- its end without one. Key: plan_run_id, step, attempt, ended_at. run_id is the node's.
CREATE TABLE IF NOT EXISTS plan_steps (
    trace_id varchar,
    run_id uuid,
    node varchar,
    plan_run_id varchar,            -- as `gatewright plan runs` names it
    plan_id varchar,
    step varchar,
    attempt smallint,               -- 1-based, over all processes that ran the run
    status varchar,                 -- succeeded | failed | skipped | cancelled
    retried boolean,                -- another attempt follows
    unchanged boolean,              -- not run: its inputs and outputs were as after its last success
    exit_code smallint,             -- NULL: no process ended by itself
    signal smallint,
    timed_out boolean,
    started_at timestamp,
    ended_at timestamp,
    duration_ms double,             -- of the attempt's process
    cpu_ms double,                  -- user and system, of all of its processes
    max_rss_bytes ubigint,          -- of the largest of them
    reason varchar                  -- why it did not succeed, secrets taken out
);

-- What the sidecar says about itself; the counts are since started_at. Key: host, pid, started_at.
CREATE TABLE IF NOT EXISTS telemetry_health (
    host varchar,
    pid integer,
    started_at timestamp,
    ts timestamp,
    state varchar,                  -- degraded: rows were lost or dropped since the last word
    queued integer,
    dropped json,                   -- {table: rows that found the queue full}
    lost json,                      -- {table: rows that could not be written}
    errors json,                    -- {what went wrong: how often}
    flush_ms_p95 double
);

CREATE TABLE IF NOT EXISTS schema_version (
    version integer,
    applied_at timestamp
);
