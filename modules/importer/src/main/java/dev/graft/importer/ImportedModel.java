package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.Internal;
import dev.graft.model.MachineAccess;
import dev.graft.model.Model;
import java.util.Set;

/**
 * A model, and what its SavedModel says beside it.
 *
 * @param model the model
 * @param tags the tags of the MetaGraph that it was read from
 * @param tagSets the tags of each MetaGraph in the file
 * @param producer the version of GraphDef that its writer had
 * @param minConsumer the oldest version that may read it
 * @param tensors how many tensors the checkpoint holds; 0 without one
 * @param shards in how many files they are
 * @param accesses what the SavedModel does beyond itself, by its init and restore op and by each of
 *     its signatures, as TensorFlow is given it
 * @param leftOut the signatures that are no part of it without trust
 */
@Internal
public record ImportedModel(
    Model model,
    ImmutableSet<String> tags,
    ImmutableList<Set<String>> tagSets,
    int producer,
    int minConsumer,
    int tensors,
    int shards,
    ImmutableList<MachineAccess> accesses,
    ImmutableSet<String> leftOut) {}
