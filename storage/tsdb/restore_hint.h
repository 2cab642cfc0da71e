// Which of the dropped samples of downsampled series a selection needs.
#pragma once

#include "storage/api/querier.h"
#include "storage/rowgroup/restore.h"

namespace vigia::storage {

// Nothing for readers that do not say what they do with the samples: these see what is stored.
Restoration RestorationFor(const SelectHints& hints);

}  // namespace vigia::storage
