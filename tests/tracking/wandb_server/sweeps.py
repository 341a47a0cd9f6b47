"""GraphQL operations about sweeps and their agents."""

import json
from typing import Any

import yaml

from tests.tracking.wandb_server.state import Refused, Run, State, Sweep

Data = dict[str, Any]


def upsert_sweep(state: State, variables: Data) -> Data:
    entity = variables["entityName"] or state.entity
    project = variables["projectName"]
    sweep = Sweep(entity, project, f"sweep{len(state.sweeps):03}", variables["config"])
    state.sweeps[entity, project, sweep.name] = sweep
    found = {
        "name": sweep.name,
        "project": {
            "id": f"Project:{entity}:{project}",
            "name": project,
            "entity": {"id": entity, "name": entity},
        },
    }
    return {"upsertSweep": {"sweep": found, "configValidationWarnings": []}}


def sweep_with_runs(state: State, variables: Data) -> Data:
    key = (variables["entity"] or state.entity, variables["project"], variables["sweep"])
    sweep = state.sweeps.get(key)
    if sweep is None:
        return {"project": None}
    edges: list[Data] = []
    found = {
        "id": sweep.name,
        "name": sweep.name,
        "method": yaml.safe_load(sweep.config)["method"],
        "state": "RUNNING",
        "config": sweep.config,
        "runs": {"edges": edges},
    }
    return {"project": {"sweep": found}}


def create_agent(state: State, variables: Data) -> Data:
    entity = variables["entityName"] or state.entity
    sweep = state.sweeps.get((entity, variables["projectName"], variables["sweep"]))
    if sweep is None:
        raise Refused(404, "no such sweep")
    agent = f"agent{len(state.agents)}"
    state.agents[agent] = sweep
    return {"createAgent": {"agent": {"id": agent}}}


def heartbeat(state: State, variables: Data) -> Data:
    """Take what the agent says; hand it a trial when it has none, in the end the word to go.

    A trial that shall not go on is named, once it has shown an epoch, until it is gone.
    """
    sweep = state.agents[variables["id"]]
    running = json.loads(variables["runState"])
    sweep.heartbeats.append(running)
    stops = [each for each in running if each in sweep.stopped and _history(state, sweep, each)]
    commands: list[Data] = [{"type": "stop", "run_id": run_id} for run_id in stops]
    if not running and sweep.trials:
        run_id = f"trial{len(sweep.handed_out):03}"
        args = {name: {"value": value} for name, value in sweep.trials.pop(0).items()}
        sweep.handed_out[run_id] = args
        # The run is there before its process starts, without what the client puts in a config
        # (wandb-core says so where it resumes runs). What else it has by then is not known.
        key = (sweep.entity, sweep.project, run_id)
        state.runs[key] = Run(*key, told={"sweep": sweep.name})
        program = yaml.safe_load(sweep.config)["program"]
        commands = [{"type": "run", "run_id": run_id, "program": program, "args": args}]
    elif not running:
        commands = [{"type": "exit"}]
    return {"agentHeartbeat": {"agent": {"id": variables["id"]}, "commands": json.dumps(commands)}}


def _history(state: State, sweep: Sweep, run_id: str) -> list[Data]:
    return state.runs[sweep.entity, sweep.project, run_id].history


OPERATIONS = {
    "UpsertSweep": upsert_sweep,
    "SweepWithRuns": sweep_with_runs,
    "CreateAgent": create_agent,
    "Heartbeat": heartbeat,
}
