// The page of the map asks for this file when it opens, and finds the library here.
import { Map as BaseMap } from "./maplibre-gl.mjs";

globalThis.watchfloorBaseMap = BaseMap;
