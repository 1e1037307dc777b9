using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

// Whole processes share two cores: side by side they would only measure each other.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
