export class ServerClock {
  pinged(sent: number, there: number, back: number): void;
  get ahead(): number;
}
