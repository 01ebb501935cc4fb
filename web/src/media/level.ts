/** How loud a microphone is, from nothing to one, a few times a second. */

const EVERY_MS = 60;
/** Speech at arm's length reaches about this; louder than that is full. */
const FULL = 0.25;

export function watchLevel(track: MediaStreamTrack, hear: (level: number) => void): () => void {
  const audio = new AudioContext();
  const source = audio.createMediaStreamSource(new MediaStream([track]));
  const analyser = audio.createAnalyser();
  analyser.fftSize = 1024;
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
    hear(Math.min(1, Math.sqrt(power) / FULL));
  }, EVERY_MS);
  return () => {
    clearInterval(timer);
    source.disconnect();
    void audio.close();
  };
}

/** Two soft tones, to hear whether the speaker works. */
export async function chime(): Promise<void> {
  const audio = new AudioContext();
  await audio.resume();
  const gain = audio.createGain();
  gain.connect(audio.destination);
  gain.gain.setValueAtTime(0.0001, audio.currentTime);
  gain.gain.exponentialRampToValueAtTime(0.2, audio.currentTime + 0.03);
  gain.gain.exponentialRampToValueAtTime(0.0001, audio.currentTime + 1.2);
  for (const [frequency, at] of [[660, 0], [880, 0.25]] as const) {
    const tone = audio.createOscillator();
    tone.frequency.value = frequency;
    tone.connect(gain);
    tone.start(audio.currentTime + at);
    tone.stop(audio.currentTime + 1.2);
  }
  setTimeout(() => void audio.close(), 1500);
}
