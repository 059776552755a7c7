// Sounds of a caller's world that are not words, made from chance with the envelopes of the real
// ones: a cough is a burst of 30 ms, a breathy stretch and sometimes a voiced end; a slam is low
// and dies away within a fifth of a second; keys are clicks of 8 ms. The same dice, the same sound.
#pragma once

#include "tests/simulation/corpus/sound.hpp"
#include "tests/simulation/random.hpp"

namespace tandem::corpus {

using simulation::Random;

/// One to three coughs, 0.3 to 1.4 s.
Sound cough(Random& dice);
/// 0.3 to 0.7 s of "ahem": voiced, rough.
Sound throat_clearing(Random& dice);
/// A door, a cup put down, a thing dropped: 0.02 to 0.4 s.
Sound bump(Random& dice);
/// Keys struck for this long.
Sound typing(Random& dice, milliseconds length);
/// A device beeps: 0.15 to 0.5 s of tone.
Sound beep(Random& dice);
/// Mains hum and its overtones, without end and without change.
Sound hum(Random& dice, milliseconds length);
/// A street or a fan: low-pass noise that swells by some 4 dB.
Sound street(Random& dice, milliseconds length);
/// Too quiet to be heard, different in every frame: the noise of any line.
Sound line_noise(Random& dice, milliseconds length);

}  // namespace tandem::corpus
