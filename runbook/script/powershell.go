package script

// The fixed parts of every script, in Windows PowerShell 2.0. Nothing here may
// be newer: no ConvertTo-Json, no [pscustomobject], no -in, no simplified
// Where-Object.

// prelude holds the functions: an escaper that writes ASCII JSON, and one that
// turns any property into texts without regard to the server's language.
const prelude = `$ErrorActionPreference = 'Stop'
$CxInvariant = [System.Globalization.CultureInfo]::InvariantCulture
$CxItems = New-Object System.Collections.ArrayList
$CxStarted = [System.DateTime]::UtcNow

function ConvertTo-CxText([string]$Text) {
  $b = New-Object System.Text.StringBuilder
  [void]$b.Append('"')
  if ($Text.Length -gt 65536) { $Text = $Text.Substring(0, 65536) }
  foreach ($c in $Text.ToCharArray()) {
    $n = [int]$c
    if ($n -eq 34) { [void]$b.Append('\"') }
    elseif ($n -eq 92) { [void]$b.Append('\\') }
    elseif ($n -lt 32 -or $n -gt 126) { [void]$b.Append('\u' + $n.ToString('x4', $CxInvariant)) }
    else { [void]$b.Append($c) }
  }
  [void]$b.Append('"')
  return $b.ToString()
}

function ConvertTo-CxValue($Value) {
  if ($Value -is [bool]) { if ($Value) { return 'True' } else { return 'False' } }
  if ($Value -is [System.DateTime]) { return $Value.ToUniversalTime().ToString('yyyy-MM-ddTHH:mm:ssZ', $CxInvariant) }
  if ($Value -is [string]) { return $Value }
  if ($Value -is [System.Enum]) { return $Value.ToString() }
  if ($Value -is [System.IFormattable]) { return $Value.ToString($null, $CxInvariant) }
  $names = @($Value.PSObject.Properties | ForEach-Object { $_.Name })
  if ($names -contains 'Value' -and $Value.Value -ne $null -and $Value.Value -isnot [System.Array]) { return (ConvertTo-CxValue $Value.Value) }
  return $Value.ToString()
}

function ConvertTo-CxRow($Object, $Properties) {
  $parts = New-Object System.Collections.ArrayList
  foreach ($name in $Properties) {
    $member = $Object.PSObject.Properties[$name]
    if ($member -eq $null) { continue }
    $texts = New-Object System.Collections.ArrayList
    $value = $member.Value
    if ($value -ne $null) {
      if ($value -is [System.Collections.IEnumerable] -and $value -isnot [string]) {
        foreach ($v in $value) { if ($v -ne $null) { [void]$texts.Add((ConvertTo-CxText (ConvertTo-CxValue $v))) } }
      } else {
        [void]$texts.Add((ConvertTo-CxText (ConvertTo-CxValue $value)))
      }
    }
    [void]$parts.Add((ConvertTo-CxText $name) + ':[' + [string]::Join(',', $texts.ToArray()) + ']')
  }
  return '{' + [string]::Join(',', $parts.ToArray()) + '}'
}

function Write-CxObservation([string]$Kind, [string]$Id, $Properties, [scriptblock]$Read) {
  $rows = New-Object System.Collections.ArrayList
  $problem = 'null'
  try {
    $found = @(& $Read)
    foreach ($o in $found) {
      if ($o -ne $null -and $rows.Count -lt 5000) { [void]$rows.Add((ConvertTo-CxRow $o $Properties)) }
    }
  } catch {
    $problem = ConvertTo-CxText ($_.Exception.GetType().Name + ': ' + $_.Exception.Message)
  }
  $line = '{"kind":' + (ConvertTo-CxText $Kind) + ',"id":' + (ConvertTo-CxText $Id) + ',"error":' + $problem + ',"rows":[' + [string]::Join(',', $rows.ToArray()) + ']}'
  [void]$CxItems.Add($line)
  Write-Host ('read ' + $Id)
}

`

// refuse stops in the wrong shell or on the wrong server. The versions are told
// apart by cmdlets that only they have, so that a management workstation works
// too.
const refuse = `
$CxFound = ''
if (Get-Command Get-ServerHealth -ErrorAction SilentlyContinue) { $CxFound = '2013' }
elseif (Get-Command Get-MoveRequest -ErrorAction SilentlyContinue) { $CxFound = '2010' }
elseif (Get-Command Get-StorageGroup -ErrorAction SilentlyContinue) { $CxFound = '2007' }
if ($CxFound -ne $CxShell) {
  Write-Host ('This script is for the Exchange Management Shell of Exchange ' + $CxShell + '; this shell is: ' + $CxFound + '. Nothing was read.')
  return
}
if ($CxServer -ne '' -and $env:COMPUTERNAME -ne $CxServer) {
  Write-Host ('This script is for the server ' + $CxServer + '; this one is ' + $env:COMPUTERNAME + '. Nothing was read.')
  return
}

`

// wholeForest lets the session see every domain: a shell shows the recipients
// of its own domain alone, and a count of nothing there says nothing about the
// others. It is a setting of the session, put back by formerScope.
const wholeForest = `$CxScope = $null
try {
  if ($CxShell -eq '2007') { $CxScope = $AdminSessionADSettings.ViewEntireForest; $AdminSessionADSettings.ViewEntireForest = $true }
  else { $CxScope = (Get-ADServerSettings).ViewEntireForest; Set-ADServerSettings -ViewEntireForest $true }
} catch {
  Write-Host 'This shell cannot be made to see the whole forest. Nothing was read.'
  return
}

`

// formerScope gives the session the view that it had.
const formerScope = `if ($CxScope -eq $false) {
  if ($CxShell -eq '2007') { $AdminSessionADSettings.ViewEntireForest = $false }
  else { Set-ADServerSettings -ViewEntireForest $false }
}
`

// epilogue writes the result file beside the script, as UTF-8 through .NET. It
// hashes the part that reads as it stands in the file that ran, so that an
// edited script is noticed on import.
const epilogue = `
if ($MyInvocation.MyCommand.Path) {
  $CxSelf = [System.IO.File]::ReadAllText($MyInvocation.MyCommand.Path).Replace([string][char]13, '')
  $CxFrom = $CxSelf.IndexOf('# reads from here') + 18
  $CxTo = $CxSelf.IndexOf('# reads to here')
  $CxHash = New-Object System.Security.Cryptography.SHA256Managed
  $CxBytes = $CxHash.ComputeHash([System.Text.Encoding]::ASCII.GetBytes($CxSelf.Substring($CxFrom, $CxTo - $CxFrom)))
  $CxContent = [System.BitConverter]::ToString($CxBytes).Replace('-', '').ToLower()
}
$CxHead = '"format":1,"nonce":' + (ConvertTo-CxText $CxNonce) + ',"content":' + (ConvertTo-CxText $CxContent)
$CxHead = $CxHead + ',"step":' + $CxStep + ',"shell":' + (ConvertTo-CxText $CxShell) + ',"server":' + (ConvertTo-CxText $CxServer)
$CxHead = $CxHead + ',"computer":' + (ConvertTo-CxText $env:COMPUTERNAME) + ',"culture":' + (ConvertTo-CxText ([System.Globalization.CultureInfo]::CurrentCulture.Name))
$CxHead = $CxHead + ',"powershell":' + (ConvertTo-CxText $PSVersionTable.PSVersion.ToString())
$CxHead = $CxHead + ',"started":' + (ConvertTo-CxText (ConvertTo-CxValue $CxStarted)) + ',"ended":' + (ConvertTo-CxText (ConvertTo-CxValue ([System.DateTime]::UtcNow)))
$CxText = '{' + $CxHead + ',"observations":[' + [string]::Join(',', $CxItems.ToArray()) + ']}'
$CxFile = [System.IO.Path]::Combine((Get-Location -PSProvider FileSystem).ProviderPath, ('coexist-' + $CxNonce.Substring(0, 8) + '.json'))
[System.IO.File]::WriteAllText($CxFile, $CxText, (New-Object System.Text.UTF8Encoding($false)))
Write-Host ('Saved ' + $CxFile + '. Take it back and import it.')
`
