using System.Runtime.Versioning;

[assembly: SupportedOSPlatform("linux")]

// The classes run side by side: much of what they do is waiting, for other processes, timeouts and the disk. More than
// three at once would only measure each other on a small machine.
[assembly: CollectionBehavior(MaxParallelThreads = 3)]
