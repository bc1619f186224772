import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// The hub that the development server talks to.
const hub = process.env["CONTINUO_DEV_HUB"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  base: "/console/",
  plugins: [react()],
  build: {
    outDir: "../static/console",
    emptyOutDir: true,
    manifest: true,
    target: "es2023",
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      "/api": { target: hub, ws: true },
    },
  },
  test: {
    environment: "jsdom",
    setupFiles: ["./vitest.setup.ts"],
    include: ["src/**/*.test.{ts,tsx}"],
    passWithNoTests: true,
    restoreMocks: true,
  },
});
