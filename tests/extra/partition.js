// Reads keys as hexadecimal lines and writes the partition that kafkajs gives each.
const { Partitioners } = require("kafkajs");
const partitions = Number(process.argv[2]);
const metadata = Array.from({ length: partitions }, (_, partitionId) => ({ partitionId, leader: 0 }));
const partitioner = Partitioners.DefaultPartitioner();
for (const line of require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean)) {
  const message = { key: Buffer.from(line, "hex"), value: "" };
  console.log(partitioner({ topic: "t", partitionMetadata: metadata, message }));
}
