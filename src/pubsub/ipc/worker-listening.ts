import { Tailing } from '../tailing';

/** What a worker has of the pubsub port: the listeners' side. */
export class WorkerListening extends Tailing {
  /** A worker does not outlive its wire. */
  healthy(): boolean {
    return true;
  }
}
