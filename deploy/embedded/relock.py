"""Write ``lock.json`` again: change a version here, then ``python -m deploy.embedded.relock`` (needs the network)."""

from jgo.maven import Artifact, MavenContext

from deploy.embedded.artifacts import LOCK_FILE, Lock, Pin, sha256

KAFKA = ("org.apache.kafka", "kafka_2.13", "4.4.0")
KAFKA_LOGS = ("org.apache.logging.log4j", "log4j-slf4j-impl", "2.25.5")
REGISTRY = ("io.apicurio", "apicurio-registry-app", "2.6.13.Final")


def main() -> None:
    """Resolve the versions above with all they need, and pin what came."""
    context = MavenContext(timeout=60)
    inputs, transitive = context.resolver.resolve([context.create_dependency(":".join(KAFKA))])
    # Resolved together with Kafka, the logging artifact's parent would impose its own, older kafka-clients.
    logs = context.project(*KAFKA_LOGS[:2]).at_version(KAFKA_LOGS[2]).artifact()
    registry = context.project(*REGISTRY[:2]).at_version(REGISTRY[2]).artifact("all", "zip")
    kafka = [dependency.artifact for dependency in (*inputs, *transitive)]
    lock = Lock(kafka=tuple(map(_pin, (*kafka, logs))), registry=(_pin(registry),))
    LOCK_FILE.write_text(lock.model_dump_json(indent=1, exclude_defaults=True) + "\n", encoding="utf-8")


def _pin(artifact: Artifact) -> Pin:
    file = artifact.resolve()
    return Pin(
        group=artifact.groupId,
        name=artifact.artifactId,
        version=artifact.version,
        classifier=artifact.classifier,
        type=artifact.packaging,
        size=file.stat().st_size,
        sha256=sha256(file),
    )


if __name__ == "__main__":
    main()
