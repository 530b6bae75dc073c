package dev.graft;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Changes one place somewhere in a message, as a damaged or hostile file might have it. */
final class ProtoMutator {

  private static final long[] NUMBERS = {
    0, -1, 1, 2, 100, 1_000_000, 1L << 31, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE
  };
  private static final String[] TEXTS = {
    "",
    "^",
    "^x",
    ":",
    "x:",
    ":0",
    "x:99999999999",
    "x:-1",
    "../../etc/passwd",
    "Wh\u00efle",
    "/",
    "\0"
  };

  private final Random random;
  private final List<String> strings = new ArrayList<>(); // of the message, to be put elsewhere

  ProtoMutator(Random random) {
    this.random = random;
  }

  /** A copy of {@code message} with one change. */
  Message mutate(Message message) {
    strings.clear();
    collect(message, 0);
    Message.Builder copy = message.toBuilder();
    change(copy, 0);
    return copy.buildPartial();
  }

  private void collect(Message message, int depth) {
    for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
      List<?> values = field.getValue() instanceof List<?> list ? list : List.of(field.getValue());
      for (Object value : values) {
        if (strings.size() > 5_000 || depth > 40) {
          return;
        }
        if (value instanceof String text) {
          strings.add(text);
        } else if (value instanceof Message inner) {
          collect(inner, depth + 1);
        }
      }
    }
  }

  /** Goes down to some depth, and changes a field there. */
  private void change(Message.Builder message, int depth) {
    List<FieldDescriptor> set = new ArrayList<>(message.getAllFields().keySet());
    if (set.isEmpty() || random.nextInt(60) == 0) {
      add(message);
      return;
    }
    FieldDescriptor field = set.get(random.nextInt(set.size()));
    boolean descend =
        field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            && depth < 40
            && random.nextInt(8) != 0;
    if (field.isRepeated()) {
      int count = message.getRepeatedFieldCount(field);
      int at = random.nextInt(count);
      if (descend) {
        Message.Builder inner = ((Message) message.getRepeatedField(field, at)).toBuilder();
        change(inner, depth + 1);
        message.setRepeatedField(field, at, inner.buildPartial());
      } else {
        changeList(message, field, at);
      }
    } else if (descend) {
      Message.Builder inner = ((Message) message.getField(field)).toBuilder();
      change(inner, depth + 1);
      message.setField(field, inner.buildPartial());
    } else if (random.nextInt(4) == 0 || field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      message.clearField(field);
    } else {
      message.setField(field, other(field, message.getField(field)));
    }
  }

  private void changeList(Message.Builder message, FieldDescriptor field, int at) {
    List<Object> values = new ArrayList<>((List<?>) message.getField(field));
    switch (random.nextInt(field.getJavaType() == FieldDescriptor.JavaType.MESSAGE ? 4 : 6)) {
      case 0 -> values.remove(at);
      case 1 -> values.add(values.get(at));
      case 2 -> values.add(0, values.remove(at));
      case 3 -> values.set(at, values.get(random.nextInt(values.size())));
      default -> values.set(at, other(field, values.get(at)));
    }
    if (field.isMapField() && values.size() > 1 && random.nextBoolean()) {
      values.remove(random.nextInt(values.size()));
    }
    message.setField(field, values);
  }

  /** Sets a field that is not set. */
  private void add(Message.Builder message) {
    List<FieldDescriptor> fields = message.getDescriptorForType().getFields();
    if (fields.isEmpty()) {
      return;
    }
    FieldDescriptor field = fields.get(random.nextInt(fields.size()));
    Object value =
        field.getJavaType() == FieldDescriptor.JavaType.MESSAGE
            ? message.newBuilderForField(field).buildPartial()
            : other(field, field.isRepeated() ? defaultOf(field) : message.getField(field));
    if (field.isRepeated()) {
      message.addRepeatedField(field, value);
    } else {
      message.setField(field, value);
    }
  }

  private static Object defaultOf(FieldDescriptor field) {
    return switch (field.getJavaType()) {
      case INT -> 0;
      case LONG -> 0L;
      case FLOAT -> 0f;
      case DOUBLE -> 0d;
      case BOOLEAN -> false;
      case STRING -> "";
      case BYTE_STRING -> ByteString.EMPTY;
      case ENUM -> field.getEnumType().getValues().get(0);
      case MESSAGE -> throw new IllegalArgumentException(field.getName());
    };
  }

  private Object other(FieldDescriptor field, Object value) {
    long number = NUMBERS[random.nextInt(NUMBERS.length)];
    return switch (field.getJavaType()) {
      case INT -> random.nextBoolean() ? (int) number : (Integer) value + random.nextInt(3) - 1;
      case LONG -> random.nextBoolean() ? number : (Long) value + random.nextInt(3) - 1;
      case FLOAT -> random.nextBoolean() ? Float.NaN : (float) number;
      case DOUBLE -> random.nextBoolean() ? Double.NaN : (double) number;
      case BOOLEAN -> !(Boolean) value;
      case STRING -> text((String) value);
      case BYTE_STRING -> bytes((ByteString) value);
      case ENUM -> {
        List<EnumValueDescriptor> all = field.getEnumType().getValues();
        yield all.get(random.nextInt(all.size()));
      }
      case MESSAGE -> value;
    };
  }

  private String text(String value) {
    return switch (random.nextInt(4)) {
      case 0 -> TEXTS[random.nextInt(TEXTS.length)];
      case 1 -> value + (random.nextBoolean() ? "_1" : ":1");
      case 2 -> "^" + value;
      default -> strings.isEmpty() ? "x" : strings.get(random.nextInt(strings.size()));
    };
  }

  private ByteString bytes(ByteString value) {
    if (value.isEmpty() || random.nextInt(3) == 0) {
      return ByteString.copyFromUtf8(text(""));
    }
    return value.substring(0, random.nextInt(value.size()));
  }
}
