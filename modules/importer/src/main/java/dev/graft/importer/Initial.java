package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import dev.graft.importer.internal.weights.Initialization;
import dev.graft.importer.internal.weights.TableImports;
import java.util.Optional;
import org.tensorflow.proto.NodeDef;

/**
 * What has to run once before the model is asked.
 *
 * @param nodes the nodes that run
 * @param added nodes that these need and the file does not hold
 */
record Initial(ImmutableList<String> nodes, ImmutableList<NodeDef> added) {

  /** The file's own initialization, and what fills tables from the checkpoint. */
  static Initial of(Contents contents) {
    MetaGraph file = contents.file();
    ImmutableList.Builder<String> nodes = ImmutableList.builder();
    nodes.addAll(Initialization.nodes(file.def(), file.graph()));
    Optional<TableImports> imports =
        contents
            .weights()
            .checkpoint()
            .map(bundle -> TableImports.of(contents.weights().restoration(), bundle, file.graph()));
    imports.ifPresent(tables -> nodes.addAll(tables.names()));
    return new Initial(nodes.build(), imports.map(TableImports::nodes).orElse(ImmutableList.of()));
  }
}
