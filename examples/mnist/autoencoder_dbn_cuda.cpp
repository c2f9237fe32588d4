// The deep belief network that is unrolled into an autoencoder, on a CUDA device.
#if defined(HARMONIUM_CUDA)
#include "pre_training.hpp"

namespace mnist {

template Dbn<AutoencoderUnits, Cuda<float>> pre_trained(Run&, const PreTraining&, const CudaDataset&,
                                                        const Cuda<float>&);

}  // namespace mnist
#endif
