"""Write ``lock.json`` anew: change a version here, then ``python -m benchmarks.kafka_streams.relock`` (needs network).

RocksDB, the compression codecs and Avro's file formats are left out: a topology without state loads none of them.
"""

from jgo.maven import MavenContext

from benchmarks.kafka_streams.build import LOCK, PINS
from deploy.embedded.artifacts import Pin, sha256

COORDINATES = ("org.apache.kafka:kafka-streams:4.1.1", "org.apache.avro:avro:1.12.1", "org.slf4j:slf4j-nop:1.7.36")
NEEDED = ("kafka-streams", "kafka-clients", "avro", "slf4j-api", "slf4j-nop", "jackson-")


def main() -> None:
    """Resolve the versions above with all they need, and pin what is used."""
    context = MavenContext(timeout=60)
    inputs, transitive = context.resolver.resolve([context.create_dependency(one) for one in COORDINATES])
    found = [dependency.artifact for dependency in (*inputs, *transitive)]
    pins = []
    for artifact in found:
        if artifact.artifactId.startswith(NEEDED):
            file = artifact.resolve()
            place = {"group": artifact.groupId, "name": artifact.artifactId, "version": artifact.version}
            pins.append(Pin(**place, size=file.stat().st_size, sha256=sha256(file)))
    LOCK.write_bytes(PINS.dump_json(tuple(pins), indent=1, exclude_defaults=True) + b"\n")


if __name__ == "__main__":
    main()
