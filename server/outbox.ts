/** Everybody who has something to send in this turn of the loop. */
export class Outbox {
  #senders: { flush(): void }[] = [];

  add(sender: { flush(): void }): void {
    if (this.#senders.length === 0) setImmediate(() => this.flush());
    this.#senders.push(sender);
  }

  flush(): void {
    const senders = this.#senders;
    this.#senders = [];
    for (const sender of senders) sender.flush();
  }
}
