"""GraphQL operations about artifacts."""

from typing import Any

from tests.tracking.wandb_server.state import Artifact, State

Data = dict[str, Any]


def artifact_type(state: State, variables: Data) -> Data:
    """Name the type of the artifact's collection, if the collection is there."""
    collection = variables["name"].partition(":")[0]
    wanted = (variables["entity"], variables["project"], collection)
    kinds = [
        each.kind
        for each in state.artifacts
        if (each.entity, each.project, each.collection) == wanted and each.state == "COMMITTED"
    ]
    return {"project": {"artifact": {"artifactType": {"name": kinds[0]}} if kinds else None}}


def create_artifact(state: State, variables: Data) -> Data:
    """Create a version of a collection; content that is known already is the version it is."""
    given = variables["input"]
    entity, project = given["entityName"], given["projectName"]
    collection = given["artifactCollectionName"]
    versions = [
        each
        for each in state.artifacts
        if (each.entity, each.project, each.collection) == (entity, project, collection)
        and each.state == "COMMITTED"
    ]
    same = [each for each in versions if each.digest == given["digest"]]
    if same:
        artifact = same[0]
    else:
        artifact = Artifact(
            id=f"Artifact:{len(state.artifacts)}",
            entity=entity,
            project=project,
            collection=collection,
            kind=given["artifactTypeName"],
            digest=given["digest"],
        )
        state.artifacts.append(artifact)
    run = state.run({"entity": entity, "project": project, "name": given["runName"]})
    assert run is not None
    if artifact not in run.artifacts:
        run.artifacts.append(artifact)
    return {
        "createArtifact": {
            "artifact": {
                "id": artifact.id,
                "state": artifact.state,
                "artifactSequence": {
                    "latestArtifact": {"id": versions[-1].id} if versions else None
                },
            }
        }
    }


def create_manifest(state: State, variables: Data) -> Data:
    artifact = _artifact(state, variables["artifactID"])
    return {"createArtifactManifest": {"artifactManifest": _manifest(state, artifact)}}


def update_manifest(state: State, variables: Data) -> Data:
    artifact = _artifact(state, variables["artifactManifestID"].removeprefix("Manifest:"))
    return {"updateArtifactManifest": {"artifactManifest": _manifest(state, artifact)}}


def create_files(state: State, variables: Data) -> Data:
    edges = []
    for file in variables["input"]["artifactFiles"]:
        artifact = _artifact(state, file["artifactID"])
        node: Data = {
            "storagePath": f"wandb_artifacts/{artifact.id}/{file['name']}",
            "uploadUrl": state.upload_url((artifact.files, file["name"])),
            "uploadHeaders": [],
            "uploadMultipartUrls": None,
            "artifact": {"id": artifact.id},
        }
        edges.append({"node": node})
    return {"createArtifactFiles": {"files": {"edges": edges}}}


def commit(state: State, variables: Data) -> Data:
    artifact = _artifact(state, variables["artifactID"])
    artifact.state = "COMMITTED"
    return {"commitArtifact": {"artifact": {"id": artifact.id, "digest": artifact.digest}}}


def _artifact(state: State, name: str) -> Artifact:
    return next(each for each in state.artifacts if each.id == name)


def _manifest(state: State, artifact: Artifact) -> Data:
    file = {
        "id": f"File:{artifact.id}",
        "uploadUrl": state.upload_url(artifact),
        "uploadHeaders": [],
    }
    return {"id": f"Manifest:{artifact.id}", "file": file}


OPERATIONS = {
    "ArtifactType": artifact_type,
    "CreateArtifact": create_artifact,
    "CreateArtifactManifest": create_manifest,
    "UpdateArtifactManifest": update_manifest,
    "CreateArtifactFiles": create_files,
    "CommitArtifact": commit,
}
