/** A setting's value without the password in it. */
export function blanked(value: string): string {
  // Whatever stands before the last @, since what cannot be read may be cut off anywhere; and some write a password behind a ?.
  return value.replace(/^(\w+:\/\/)?.*@/s, '$1***@').replace(/((?:rediss?|amqps?|postgres(?:ql)?):\/\/[^,]*?\?).*/s, '$1***');
}
