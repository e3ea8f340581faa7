"""What the store's rows add up to: indicators, the monthly 舆情分析 report, and its renderings."""
