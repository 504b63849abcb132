/* What js/kinds/cloud_worker.js uses of d3-cloud. The script defines the global `d3.layout.cloud`. */

export {};

declare global {
  interface CloudTag {
    key: string;
    text: string;
    size: number;
    x: number;
    y: number;
  }

  interface CloudLayout {
    canvas(make: () => OffscreenCanvas): CloudLayout;
    size(size: [number, number]): CloudLayout;
    words(words: CloudTag[]): CloudLayout;
    font(family: string): CloudLayout;
    fontWeight(weight: string): CloudLayout;
    fontSize(size: (word: CloudTag) => number): CloudLayout;
    padding(units: number): CloudLayout;
    rotate(degrees: number): CloudLayout;
    random(next: () => number): CloudLayout;
    on(type: "end", listener: (placed: CloudTag[]) => void): CloudLayout;
    start(): CloudLayout;
  }

  // eslint-disable-next-line no-var
  var d3: { layout: { cloud: () => CloudLayout } };
}
