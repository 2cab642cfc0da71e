// Which of the forms of a table of inner loops this processor can run. A form is a struct of function pointers that are
// compiled for certain instructions; all forms of a table give the same bits.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <initializer_list>

namespace vigia::storage {

// What a form needs. kAvx2 stands for AVX2, BMI 1 and 2 and POPCNT, kAvx512 for these and AVX-512 F, DQ, BW and VL:
// processors with double words have them together.
enum class Instructions { kAny, kAvx2, kAvx512 };

inline bool ProcessorHas(Instructions needed) {
  switch (needed) {
    case Instructions::kAny: return true;
#if defined(__x86_64__)
    case Instructions::kAvx2:
      return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0 &&
             __builtin_cpu_supports("bmi2") != 0 && __builtin_cpu_supports("popcnt") != 0;
    case Instructions::kAvx512:
      return ProcessorHas(Instructions::kAvx2) && __builtin_cpu_supports("avx512f") != 0 &&
             __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
             __builtin_cpu_supports("avx512vl") != 0;
#else
    case Instructions::kAvx2:
    case Instructions::kAvx512: return false;
#endif
  }
  return false;
}

// Chosen when it is made, unchanged afterwards: any thread may read it. `Kernels` must outlive it.
template <class Kernels>
class RunnableKernels {
 public:
  struct Form {
    Instructions needed;
    const Kernels* kernels;
  };

  // REQUIRES: the first form needs nothing, wider ones come later, and there are at most kMost.
  RunnableKernels(std::initializer_list<Form> forms) {
    assert(forms.size() > 0 && forms.size() <= kMost && forms.begin()->needed == Instructions::kAny);
    for (const Form& form : forms) {
      if (ProcessorHas(form.needed)) list_[count_++] = form.kernels;
    }
  }

  const Kernels& widest() const { return *list_[count_ - 1]; }
  // In the order of the forms; ends with null.
  const Kernels* const* all() const { return list_.data(); }

 private:
  static constexpr std::size_t kMost = 3;
  std::array<const Kernels*, kMost + 1> list_{};
  std::size_t count_ = 0;
};

}  // namespace vigia::storage
