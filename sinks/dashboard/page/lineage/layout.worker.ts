import { layout, type Box } from "./layout.ts";

onmessage = ({ data }: MessageEvent<{ id: number; boxes: Box[]; links: [number, number][] }>) => {
  postMessage({ id: data.id, picture: layout(data.boxes, data.links) });
};
