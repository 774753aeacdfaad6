// The losses that the training programs can be told to use.
#ifndef CUTMIX_EXAMPLES_TRAINING_LOSS_HPP
#define CUTMIX_EXAMPLES_TRAINING_LOSS_HPP

namespace examples {

// Cross-entropy against mixed targets: of the softmax, or of each class by itself.
enum class Loss { soft, bce };

}  // namespace examples

#endif  // CUTMIX_EXAMPLES_TRAINING_LOSS_HPP
