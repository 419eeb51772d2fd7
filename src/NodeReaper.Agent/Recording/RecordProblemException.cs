namespace NodeReaper.Agent.Recording;

/// <summary>What is wrong with a record.</summary>
/// <param name="file">The record.</param>
/// <param name="line">The line, from 1 on.</param>
/// <param name="message">What is wrong with it.</param>
internal sealed class RecordProblemException(string file, int line, string message) : Exception($"{file}:{line}: {message}");
