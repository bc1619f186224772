// Storage that may be forbidden or full: memory holds what it refused, for as long as the page lives.

export class Kept {
  private readonly memory = new Map<string, string>();

  constructor(private readonly prefix: string) {}

  read<T>(key: string, fallback: T): T {
    try {
      const text = this.memory.get(key) ?? localStorage.getItem(this.prefix + key);
      return text === null ? fallback : (JSON.parse(text) as T);
    } catch {
      return fallback;
    }
  }

  write(key: string, value: unknown): void {
    const text = JSON.stringify(value);
    try {
      localStorage.setItem(this.prefix + key, text);
      this.memory.delete(key);
    } catch {
      this.memory.set(key, text);
    }
  }

  remove(key: string): void {
    this.memory.delete(key);
    try {
      localStorage.removeItem(this.prefix + key);
    } catch {
      // It was never there.
    }
  }

  /** Keys that begin so, in no order. */
  keys(start: string): string[] {
    const found = new Set([...this.memory.keys()].filter((key) => key.startsWith(start)));
    try {
      for (let place = 0; place < localStorage.length; place++) {
        const key = localStorage.key(place);
        if (key?.startsWith(this.prefix + start)) found.add(key.slice(this.prefix.length));
      }
    } catch {
      // Memory is all there is.
    }
    return [...found];
  }
}
