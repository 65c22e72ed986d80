import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.Produced;

/** The benchmark's job with Kafka Streams, exactly once. Arguments: the task as JSON, the folder of the schemas. */
public final class Split {
    private static final byte[] ORDER_HEAD = {0, 0, 0, 0, 1};
    private static final byte[] PART_HEAD = {0, 0, 0, 0, 2};

    private final Schema partSchema;
    private final Map<String, String> plants;
    private final GenericDatumReader<GenericRecord> reader;
    private final GenericDatumWriter<GenericRecord> writer;
    private BinaryDecoder decoder;
    private BinaryEncoder encoder;

    private Split(Path schemas) throws IOException {
        Schema orderSchema = new Schema.Parser().parse(schemas.resolve("Order.avsc").toFile());
        partSchema = new Schema.Parser().parse(schemas.resolve("PlantOrder.avsc").toFile());
        plants = plants(schemas.resolve("plants.json").toFile());
        reader = new GenericDatumReader<>(orderSchema);
        writer = new GenericDatumWriter<>(partSchema);
    }

    public static void main(String[] arguments) throws IOException {
        JsonNode task = new ObjectMapper().readTree(arguments[0]);
        Split split = new Split(Path.of(arguments[1]));
        StreamsBuilder builder = new StreamsBuilder();
        builder.stream(task.get("source").asText(), Consumed.with(Serdes.ByteArray(), Serdes.ByteArray()))
                .flatMap((key, value) -> split.parts(value))
                .to(task.get("target").asText(), Produced.with(Serdes.ByteArray(), Serdes.ByteArray()));
        KafkaStreams streams = new KafkaStreams(builder.build(), settings(task));
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static Properties settings(JsonNode task) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, task.get("group").asText());
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, task.get("bootstrap").asText());
        settings.put(StreamsConfig.STATE_DIR_CONFIG, task.get("folder").asText());
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.consumerPrefix("auto.offset.reset"), "earliest");
        task.get("options").fields().forEachRemaining(option -> settings.put(option.getKey(), option.getValue().asText()));
        return settings;
    }

    private static Map<String, String> plants(File file) throws IOException {
        Map<String, String> plants = new LinkedHashMap<>();
        new ObjectMapper().readTree(file).fields().forEachRemaining(entry -> plants.put(entry.getKey(), entry.getValue().asText()));
        return plants;
    }

    private List<KeyValue<byte[], byte[]>> parts(byte[] data) {
        try {
            GenericRecord order = decode(data);
            byte[] key = order.get("order_id").toString().getBytes(StandardCharsets.UTF_8);
            List<KeyValue<byte[], byte[]>> parts = new ArrayList<>(3);
            for (Map.Entry<String, List<GenericRecord>> lines : byPlant(order).entrySet()) {
                parts.add(KeyValue.pair(key, encode(part(order, lines.getKey(), lines.getValue()))));
            }
            return parts;
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    @SuppressWarnings("unchecked")
    private Map<String, List<GenericRecord>> byPlant(GenericRecord order) {
        Map<String, List<GenericRecord>> byPlant = new LinkedHashMap<>();
        for (GenericRecord line : (List<GenericRecord>) order.get("lines")) {
            String plant = plants.get(line.get("item").toString().substring(0, 2));
            byPlant.computeIfAbsent(plant, none -> new ArrayList<>(3)).add(line);
        }
        return byPlant;
    }

    private GenericRecord part(GenericRecord order, String plant, List<GenericRecord> lines) {
        GenericRecord part = new GenericData.Record(partSchema);
        for (String name : List.of("order_id", "buyer", "sent_ns")) {
            part.put(name, order.get(name));
        }
        part.put("plant", plant);
        part.put("lines", lines);
        return part;
    }

    private GenericRecord decode(byte[] data) throws IOException {
        if (data[0] != ORDER_HEAD[0] || data[4] != ORDER_HEAD[4]) {
            throw new IOException("not an order of the benchmark");
        }
        decoder = DecoderFactory.get().binaryDecoder(data, ORDER_HEAD.length, data.length - ORDER_HEAD.length, decoder);
        return reader.read(null, decoder);
    }

    private byte[] encode(GenericRecord part) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream(128);
        out.write(PART_HEAD);
        encoder = EncoderFactory.get().binaryEncoder(out, encoder);
        writer.write(part, encoder);
        encoder.flush();
        return out.toByteArray();
    }
}
