import type { ArgumentMetadata, PipeTransform } from '@nestjs/common';
import { validateSync } from 'class-validator';
import { RequestError } from '../door';

/** What requests may hold. Anything else, `constructor` and `__proto__` among it, is not even copied. */
const FIELDS = ['id', 'args', 'resume'];

/** Checks a request against its class; the first mistake is told. What a client nests in a field is looked at by name, never walked. */
export class RequestPipe implements PipeTransform<unknown, object> {
  transform(content: unknown, { metatype, type }: ArgumentMetadata): object {
    if (type !== 'body' || !metatype) return content as object;
    const fields = Object.entries(content as object).filter(([name]) => FIELDS.includes(name));
    const request = Object.assign(new metatype() as object, Object.fromEntries(fields));
    const [mistake] = validateSync(request, { stopAtFirstError: true });
    if (!mistake) return request;
    throw new RequestError('INVALID_ARGS', Object.values(mistake.constraints ?? {})[0] ?? 'The request is not as documented');
  }
}
