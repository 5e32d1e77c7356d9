import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { validateSync } from 'class-validator';
import { RequestError } from '../door';

/**
 * Checks a request against its class; the first mistake is told. Only the request itself is copied: whatever a client nests inside
 * it is looked at by name, never walked.
 */
export class RequestPipe implements PipeTransform<unknown, object> {
  transform(content: unknown, { metatype, type }: ArgumentMetadata): object {
    if (type !== 'body' || !metatype) return content as object;
    const request = Object.assign(new metatype() as object, content);
    const [mistake] = validateSync(request, { stopAtFirstError: true });
    if (!mistake) return request;
    throw new RequestError('INVALID_ARGS', Object.values(mistake.constraints ?? {})[0] ?? 'The request is not as documented');
  }
}
