/** Answers each request of the parent process; ends with it. The other side is `Helper`. */
export function answer(handle: (request: never) => Promise<unknown>): void {
  process.on('message', ({ id, request }: { id: number; request: unknown }) => {
    handle(request as never).then(
      (reply) => process.send?.({ id, reply }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    );
  });
  process.on('disconnect', () => process.exit(0));
}
