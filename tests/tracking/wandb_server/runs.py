"""GraphQL operations about runs."""

import json
from typing import Any

from tests.tracking.wandb_server.state import EVENTS, HISTORY, SUMMARY, Run, State

Data = dict[str, Any]


def server_features(state: State, variables: Data) -> Data:
    # A server that has none of the features a client may ask for.
    return {"serverInfo": {"features": []}}


def viewer(state: State, variables: Data) -> Data:
    teams: Data = {"edges": []}
    return {
        "viewer": {
            "id": "viewer",
            "entity": state.entity,
            "username": state.entity,
            "email": "someone@example.org",
            "flags": "{}",
            "teams": teams,
        }
    }


def core_weave(state: State, variables: Data) -> Data:
    # The owner of the machines, whom the client would ask about them: nobody.
    return {"entity": {"organization": {"coreWeaveOrganizationId": None}}}


def upsert_bucket(state: State, variables: Data) -> Data:
    """Create the run, or update what the variables have of it."""
    entity = variables.get("entity") or state.entity
    key = (entity, variables["project"], variables["name"])
    inserted = key not in state.runs
    run = state.runs.setdefault(key, Run(*key))
    run.told |= {name: value for name, value in variables.items() if value is not None}
    return {"upsertBucket": {"bucket": _bucket(run), "inserted": inserted}}


def run_resume_status(state: State, variables: Data) -> Data:
    run = state.run(variables)
    entity = variables.get("entity") or state.entity
    return {
        "model": {
            "id": f"Project:{entity}:{variables['project']}",
            "name": variables["project"],
            "entity": {"id": entity, "name": entity},
            "bucket": None if run is None else _bucket(run),
        }
    }


def create_run_files(state: State, variables: Data) -> Data:
    run = state.run(variables, "run")
    assert run is not None
    files = [
        {"name": name, "uploadUrl": state.upload_url((run.files, name))}
        for name in variables["files"]
    ]
    return {"createRunFiles": {"runID": run.storage_id, "uploadHeaders": [], "files": files}}


def _bucket(run: Run) -> Data:
    """Return a run as its queries see it; a query picks what it wants."""
    wandb = json.loads(run.told.get("config") or "{}").get("_wandb", {}).get("value", {})
    return {
        "id": run.storage_id,
        "name": run.name,
        "displayName": run.told.get("displayName"),
        "description": None,
        "config": run.told.get("config"),
        "sweepName": run.told.get("sweep"),
        "tags": run.told.get("tags"),
        "notes": run.told.get("notes"),
        "project": {
            "id": f"Project:{run.entity}:{run.project}",
            "name": run.project,
            "entity": {"id": run.entity, "name": run.entity},
        },
        "summaryMetrics": (run.numbered(SUMMARY) or ["{}"])[-1],
        "historyLineCount": len(run.numbered(HISTORY)),
        "eventsLineCount": len(run.numbered(EVENTS)),
        "logLineCount": len(run.numbered("output.log")),
        "historyTail": json.dumps(run.numbered(HISTORY)[-1:]),
        "eventsTail": json.dumps(run.numbered(EVENTS)[-1:]),
        "wandbConfig": json.dumps({"t": wandb["t"]} if "t" in wandb else {}),
    }


OPERATIONS = {
    "ServerFeaturesQuery": server_features,
    "Viewer": viewer,
    "OrganizationCoreWeaveOrganizationID": core_weave,
    "UpsertBucket": upsert_bucket,
    "RunResumeStatus": run_resume_status,
    "CreateRunFiles": create_run_files,
}
