#ifndef CUTMIX_DETECTIONS_HPP
#define CUTMIX_DETECTIONS_HPP

/// @file detections.hpp
/// Applies a plan to lists of objects, the labels of images for detection: which of them still show
/// in a mixed image, and where.
///
/// An object's share is to it what lambda is to a sample: the mean over its pixels of how much of
/// them is still there. For a sample's own objects 1 - blend * (what of the object lies in the
/// patch), for its partner's blend * (the same). An object is kept where its share is at least a
/// threshold and above 0: a sample's own with their boxes unchanged, then its partner's with their
/// boxes clipped to the patch, both in the order of their lists.
///
/// - Only what the image shows of an object counts as its pixels. An own object beyond the image
///   stays as it is; a partner's does not come along.
/// - A box without width or height lies in the patch where its position does, wholly or not at all.
/// - Where MixUp takes CutMix's place all objects that the images show are kept, but for those of
///   an image that is faded below the threshold.
/// - A sample whose patch is empty or that is its own partner keeps its list as it is.
///
/// The threshold of 0.1 is that of Ultralytics' CutMix (8.3), which keeps a partner's object where
/// 0.1 of it lies in the patch (0.01 in a data set with outlines), clips it, and appends it. There
/// the patch comes after the objects: of three boxes one is taken that touches none of the image's
/// own, and nothing is mixed where there is none such or no object to bring along. A plan knows no
/// objects, so here a patch may cover some; a law that avoids them is in examples/detections.cpp.
/// Ultralytics' MixUp joins both lists whatever the weights.

#include <vector>

#include "plan.hpp"
#include "view.hpp"

namespace cutmix {

/// An object of an image, for lists of them: mix_detections takes any struct with members x1, y1,
/// x2, y2, and copies whatever else it has.
struct Detection {
  /// @{
  /// In pixels: columns x1 to x2, rows y1 to y2.
  float x1 = 0, y1 = 0, x2 = 0, y2 = 0;
  /// @}
  Index id = 0;  ///< the class

  /// Whether box and class are the same.
  friend bool operator==(const Detection& a, const Detection& b) {
    return a.x1 == b.x1 && a.y1 == b.y1 && a.x2 == b.x2 && a.y2 == b.y2 && a.id == b.id;
  }
  /// The opposite.
  friend bool operator!=(const Detection& a, const Detection& b) { return !(a == b); }
};

/// Where an object of a mixed sample comes from, so that its mask, keypoints or attributes can
/// follow.
struct DetectionOrigin {
  Index sample = 0;           ///< in the batch, or for a partner's object in the source
  Index index = 0;            ///< in that sample's list
  bool from_partner = false;  ///< whether it came with the patch
  double share = 1;           ///< of it that still shows, in (0, 1]: a weight for its loss

  /// Whether everything is the same.
  friend bool operator==(const DetectionOrigin& a, const DetectionOrigin& b) {
    return a.sample == b.sample && a.index == b.index && a.from_partner == b.from_partner &&
           a.share == b.share;
  }
  /// The opposite.
  friend bool operator!=(const DetectionOrigin& a, const DetectionOrigin& b) { return !(a == b); }
};

/// The objects of a batch in flat arrays, one sample's after another's.
struct Detections {
  std::vector<float> boxes;  ///< (N, 4): x1, y1, x2, y2 in pixels
  Indices ids;               ///< (N): the classes
  Indices offsets{0};        ///< (B + 1): sample b has those in [offsets[b], offsets[b + 1])
  std::vector<DetectionOrigin> origins;  ///< (N): where they come from
};

/// The same as it is read, whatever holds the arrays. Owns nothing.
///
/// @code
/// cutmix::mix_detections(plan, {boxes, ids, offsets}, mixed);
/// @endcode
class DetectionsView {
 public:
  /// Anything that has a view.
  ///
  /// @param boxes    (N, 4) floats, any strides
  /// @param ids      (N) integers of any type and value
  /// @param offsets  (B + 1) integers of any type, from 0 to N, none below the one before it
  template <class Boxes, class Ids, class Offsets>
  DetectionsView(const Boxes& boxes, const Ids& ids, const Offsets& offsets);
  /// What mix_detections made, to be mixed again or to be a source of partners.
  DetectionsView(const Detections& objects);  // NOLINT: meant to become one

  /// The boxes.
  const ConstBatchView& boxes() const { return boxes_; }
  /// The classes.
  const ConstBatchView& ids() const { return ids_; }
  /// Where each sample's objects begin.
  const ConstBatchView& offsets() const { return offsets_; }

 private:
  ConstBatchView boxes_, ids_, offsets_;
};

/// Applies a plan to objects in flat arrays, by the rule above.
///
/// @code
/// cutmix::Detections mixed;
/// cutmix::mix_detections(plan, {boxes, ids, offsets}, mixed);
/// @endcode
/// @param plan       drawn for the images of these objects, of depth 1
/// @param objects    those of the batch
/// @param out        overwritten
/// @param threshold  in [0, 1]: the least share that is kept
///
/// Aliasing: out must not be what objects or source view. Errors: a plan that does not fit, one of
/// a depth other than 1, arrays whose sizes do not fit each other, a box that is not finite or
/// inside out, a threshold out of range, memory that runs out; all before anything is written. No
/// draws. Allocates only where out's vectors grow, to hold all objects of the samples and their
/// partners.
void mix_detections(const Plan& plan, const DetectionsView& objects, Detections& out,
                    double threshold = 0.1);
/// Partners from a source of their own.
/// @param source  the objects of the samples that partners come from
void mix_detections(const Plan& plan, const DetectionsView& objects, const DetectionsView& source,
                    Detections& out, double threshold = 0.1);

/// Applies a plan to a list of objects a sample, by the rule above.
///
/// @code
/// std::vector<std::vector<cutmix::Detection>> objects(64), mixed;
/// std::vector<std::vector<cutmix::DetectionOrigin>> origins;
/// cutmix::mix_detections(plan, objects, mixed, origins);
/// @endcode
/// Object is Detection or any struct with numbers x1, y1, x2, y2. Arguments, aliasing and errors
/// are those of the form for flat arrays, but that lists grow as they are written: an Object that
/// throws when it is copied, or memory that runs out, leaves out and origins with some samples'
/// lists, which the next call overwrites.
template <class Object>
void mix_detections(const Plan& plan, const std::vector<std::vector<Object>>& objects,
                    std::vector<std::vector<Object>>& out,
                    std::vector<std::vector<DetectionOrigin>>& origins, double threshold = 0.1);
/// Partners from a source of their own.
template <class Object>
void mix_detections(const Plan& plan, const std::vector<std::vector<Object>>& objects,
                    const std::vector<std::vector<Object>>& source,
                    std::vector<std::vector<Object>>& out,
                    std::vector<std::vector<DetectionOrigin>>& origins, double threshold = 0.1);

}  // namespace cutmix

#include "detail/detections.hpp"

#endif  // CUTMIX_DETECTIONS_HPP
