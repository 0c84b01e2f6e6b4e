declare const brand: unique symbol;
/** A nominal type over `Base`: only its own constructor or parser makes one. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };
