import { defineConfig } from "vitest/config";

// Two builds into one folder: `loader` is the script a host page includes, `panel` the page inside the iframe.
export default defineConfig(({ mode }) => ({
  base: "./",
  define: mode === "loader" ? { "process.env.NODE_ENV": '"production"' } : {},
  build: {
    outDir: "../static/widget",
    emptyOutDir: mode === "loader",
    target: "es2022",
    reportCompressedSize: false,
    ...(mode === "loader"
      ? {
          lib: { entry: "src/loader.ts", formats: ["iife" as const], name: "Continuo", fileName: () => "loader.js" },
        }
      : {
          manifest: true,
          modulePreload: false,
          rollupOptions: {
            input: "panel.html",
            // Fixed names: the loader knows panel.html, and the server answers with an ETag.
            output: { entryFileNames: "panel.js", chunkFileNames: "[name].js", assetFileNames: "[name][extname]" },
          },
        }),
  },
  test: {
    environment: "jsdom",
    include: ["src/**/*.test.{ts,tsx}"],
    passWithNoTests: true,
    restoreMocks: true,
  },
}));
