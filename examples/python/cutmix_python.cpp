// The library in Python, on one page: NumPy's arrays, torch's tensors and whatever else has the
// buffer protocol or DLPack are mixed where they lie. An example: take it and give it what you
// need.
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cutmix/collate.hpp>
#include <cutmix/dlpack.hpp>
#include <cutmix/labels.hpp>
#include <cutmix/mixer.hpp>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

namespace py = pybind11;
using cutmix::Index;

namespace {

// What dlpack.h declares; include it instead where you have it.
struct DLTensor {
  void* data;
  struct {
    std::int32_t device_type, device_id;
  } device;
  std::int32_t ndim;
  struct {
    std::uint8_t code, bits;
    std::uint16_t lanes;
  } dtype;
  std::int64_t* shape;
  std::int64_t* strides;
  std::uint64_t byte_offset;
};

// Somebody's memory, and the object that keeps it while a call lasts.
struct Array {
  py::object keeper;
  cutmix::BatchView view;
};

// Of one of the struct module's letters.
cutmix::ScalarKind kind_of(const std::string& format) {
  using Kind = cutmix::ScalarKind;
  static const std::string letters = "?bBhHiIlLqQefd";
  static const Kind kinds[] = {Kind::boolean,
                               Kind::int8,
                               Kind::uint8,
                               Kind::int16,
                               Kind::uint16,
                               Kind::int32,
                               Kind::uint32,
                               cutmix::ScalarTraits<long>::kind,
                               cutmix::ScalarTraits<unsigned long>::kind,
                               Kind::int64,
                               Kind::uint64,
                               Kind::half,
                               Kind::float32,
                               Kind::float64};
  const auto at = format.size() == 1 ? letters.find(format) : letters.npos;
  if (at == letters.npos)
    throw py::value_error("format of the array = " + format + ", must be one of " + letters);
  return kinds[at];
}

// Torch's tensors come by DLPack, NumPy's arrays and memoryviews by the buffer protocol, which
// knows of memory that must not be written.
Array array_of(const py::object& object, bool written) {
  if (!PyObject_CheckBuffer(object.ptr())) {
    if (!py::hasattr(object, "__dlpack__"))
      throw py::type_error("an array needs the buffer protocol or __dlpack__");
    const py::capsule capsule(object.attr("__dlpack__")());
    auto* const tensor = static_cast<DLTensor*>(PyCapsule_GetPointer(capsule.ptr(), "dltensor"));
    if (tensor == nullptr) throw py::error_already_set();
    return {capsule, cutmix::view(*tensor)};  // not renamed, so it frees what it has
  }
  const py::memoryview memory(py::reinterpret_borrow<py::buffer>(object));
  const py::buffer_info info = py::buffer(memory).request();
  if (written && info.readonly) throw py::value_error("the array to be written is read-only");
  const cutmix::ScalarKind kind = kind_of(info.format);
  std::vector<Index> strides;
  for (const auto bytes : info.strides) {
    if (bytes % info.itemsize != 0)
      throw py::value_error("strides of the array must be in whole scalars");
    strides.push_back(bytes / info.itemsize);
  }
  return {memory, {info.ptr, kind, info.itemsize, info.shape, {}, strides}};
}
Array input(const py::object& object) { return array_of(object, false); }
Array output(const py::object& object) { return array_of(object, true); }

// A sample, whose axes may be named: then it is a batch of one.
cutmix::ConstBatchView sample_of(const cutmix::BatchView& sample, const std::string& axes) {
  if (axes.empty()) return sample;
  std::vector<Index> sizes{1}, strides{0};
  for (int axis = 0; axis < sample.rank(); ++axis) {
    sizes.push_back(sample.size(axis));
    strides.push_back(sample.stride(axis));
  }
  return {sample.data(), sample.kind(), sample.scalar_bytes(), sizes, "B" + axes, strides};
}

void collate(const cutmix::Plan& plan, const py::sequence& samples, const py::object& out,
             const std::string& axes, const cutmix::ByteConversion* conversion) {
  std::vector<Array> arrays;
  std::vector<cutmix::ConstBatchView> views;
  for (const auto& sample : samples) {
    arrays.push_back(input(py::reinterpret_borrow<py::object>(sample)));
    views.push_back(sample_of(arrays.back().view, axes));
  }
  const Array batch = output(out);
  const py::gil_scoped_release others_run;
  if (conversion)
    cutmix::collate(plan, views, batch.view, *conversion);
  else
    cutmix::collate(plan, views, batch.view);
}

using Mixer = cutmix::CutMix<cutmix::Philox4x32>;

// Options of which there are more; the seed has 64 bits.
using Arguments = std::tuple<double, Index, std::uint64_t, double, bool>;
Mixer make_mixer(double alpha, Index n_classes, std::uint64_t seed, double prob, bool per_sample) {
  cutmix::Options options;
  options.alpha = alpha;
  options.prob = prob;
  if (per_sample) options.scope = cutmix::Scope::sample;
  return Mixer(options, n_classes, cutmix::philox_stream(seed, 0, 0));
}
// A mixer that is sent to another process begins there anew, or with at().
Arguments arguments_of(const Mixer& mixer) {
  const cutmix::Options& options = mixer.options();
  return {options.alpha, mixer.n_classes(), mixer.rng().key(), options.prob,
          options.scope == cutmix::Scope::sample};
}

cutmix::Plan draw(Mixer& mixer, Index batch, Index height, Index width) {
  return mixer.draw({batch, height, width});
}
cutmix::Plan mix(Mixer& mixer, const py::object& images, const py::object& labels,
                 const py::object& out, const py::object& targets) {
  mixer(input(images), input(labels), output(out), output(targets));
  return mixer.plan();
}
void mix_labels(const cutmix::Plan& plan, const py::object& ids, Index n_classes,
                const py::object& targets) {
  cutmix::mix_labels(plan, input(ids), n_classes, output(targets));
}

// (x1, y1, x2, y2, blend): one for the batch, or one a sample.
py::list patches_of(const cutmix::Plan& plan) {
  py::list patches;
  for (const auto& [box, blend] : plan.patches)
    patches.append(py::make_tuple(box.x1, box.y1, box.x2, box.y2, blend));
  return patches;
}
std::string text_of(const cutmix::Plan& plan) {
  std::ostringstream text;
  text << plan;
  return text.str();
}

}  // namespace

// A const Array's view may be written: it is a handle.
template <>
struct cutmix::TensorTraits<Array> {
  static constexpr bool owns_memory = false;
  static BatchView view(const Array& array) { return array.view; }
};

PYBIND11_MODULE(cutmix_python, module) {
  using namespace py::literals;
  py::class_<cutmix::Plan>(module, "Plan")
      .def_readonly("indices", &cutmix::Plan::indices)
      .def_property_readonly("patches", &patches_of)
      .def("__str__", &text_of);
  py::class_<cutmix::ByteConversion>(module, "ByteConversion")
      .def_static("normalized", &cutmix::ByteConversion::normalized, "means"_a, "deviations"_a);
  py::class_<Mixer>(module, "CutMix")
      .def(py::init(&make_mixer), "alpha"_a, "n_classes"_a, "seed"_a, "prob"_a = 1.0,
           "per_sample"_a = false)
      .def_property_readonly("n_classes", &Mixer::n_classes)
      .def("at", &Mixer::at, "epoch"_a, "step"_a, "rank"_a = 0)
      .def("draw", &draw, "batch"_a, "height"_a, "width"_a)
      .def("__call__", &mix, "images"_a, "labels"_a, "out"_a, "targets"_a)
      .def(py::pickle(&arguments_of,
                      [](const Arguments& all) { return std::apply(make_mixer, all); }));
  module.def("collate", &collate, "plan"_a, "samples"_a, "out"_a, "axes"_a = "",
             "conversion"_a = py::none());
  module.def("mix_labels", &mix_labels, "plan"_a, "ids"_a, "n_classes"_a, "targets"_a);
}
