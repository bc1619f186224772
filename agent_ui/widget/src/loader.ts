document.documentElement.dataset["continuo"] = "loaded";
