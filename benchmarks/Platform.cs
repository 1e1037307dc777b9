using System.Runtime.Versioning;

// Sockets, locks, modes and syncs are those of Linux; the rooms below run anywhere.
[assembly: SupportedOSPlatform("linux")]
