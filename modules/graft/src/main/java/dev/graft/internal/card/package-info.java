/**
 * The card of a version: what it is, what it learned from, how well it does, and what nobody knows
 * of it, for people and for programs.
 *
 * <p><b>What enters.</b> A model, what its export stood, and {@link
 * dev.graft.internal.card.CardFacts} from whoever publishes: parts of the data ({@link
 * dev.graft.internal.card.PartFacts}, with a {@link dev.graft.internal.card.DatasetDigest}), the
 * training, scores ({@link dev.graft.internal.card.ScoreFacts}), the user's own words. The card of
 * the base lies in the base's folder.
 *
 * <p><b>What leaves.</b> {@code model_card.json} and {@code MODEL_CARD.md} in a version's folder,
 * before anybody sees it; and the step of a training in a model's provenance.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.internal.card.Publisher} is whoever publishes, asked
 * once the version is scored. {@link dev.graft.internal.card.ModelCard} puts together {@code
 * CardJson}, after the schema of Google's Model Card Toolkit, with the help of {@code BaseCard} and
 * {@link dev.graft.internal.card.Discretion}, and {@code CardText} says the same in Markdown.
 * {@link dev.graft.internal.card.TrainingStep} is called by the door after a training. Nothing here
 * knows the door or jobs.
 *
 * <p><b>The invariant.</b> No path, no name of a file or picture, and nothing that nobody has said
 * or measured stands in a card; the same facts give the same text.
 */
@NullMarked
package dev.graft.internal.card;

import org.jspecify.annotations.NullMarked;
