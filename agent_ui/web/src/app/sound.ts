// Two soft notes, made here: no file to load, and nothing to hear unless it was switched on.

let context: AudioContext | null = null;

export function chime(): void {
  try {
    context ??= new AudioContext();
    const start = context.currentTime + 0.02;
    for (const [step, pitch] of [659.3, 880].entries()) {
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.frequency.value = pitch;
      gain.gain.setValueAtTime(0.0001, start + step * 0.14);
      gain.gain.exponentialRampToValueAtTime(0.12, start + step * 0.14 + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, start + step * 0.14 + 0.4);
      tone.connect(gain).connect(context.destination);
      tone.start(start + step * 0.14);
      tone.stop(start + step * 0.14 + 0.45);
    }
  } catch {
    // No sound device, or not unlocked yet.
  }
}
