/** What serves back-end services: a `Services`, or null where nothing of it is configured; then nothing of it is opened. */
export const SERVICES = Symbol('services');
